"""MXNet's records: a .rec of packed images, the .idx of their keys and offsets beside it, or none, and maybe a .lst.

A record is the magic number, a word of its kind (3 bits) and its length (29 bits), the data, and zeros to a multiple of
four bytes. Data that hold the magic at such a place are cut there: the parts are records of their own kinds, and the
magic between them is left out. The data begin with `<IfQQ`: how many labels follow (0: the float is the label), a
float, the id and a second id.

Sets of faces also hold records without an image: under key 0, wherever it lies, the range of the images' keys, and one
for each identity. They have labels but no payload, by which they are told from images with a vector of labels.
"""

import math
import mmap
import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow.data.formats.encoded import Encoded, Place, Refuse, mapped, stop, tried, whole
from workflow.data.formats.record_lists import Index, Listed, read_index, read_list
from workflow.errors import UserError
from workflow.names import shown

MAGIC = 0xCED7230A
WORDS = struct.Struct("<II")
HEADER = struct.Struct("<IfQQ")
WHOLE, FIRST, MIDDLE, LAST = range(4)
EXACT = 2**24  # what a float32 can count to

AGAIN = "the file is damaged or of another kind, or its .idx is damaged or another file's; fetch both again"
NO_INDEX = "it is cut off; fetch it again, or delete it to have the records read one after another"


class Record(NamedTuple):
    """One record: its labels, whether they are a vector, its id, its payload, and the offset behind it."""

    labels: tuple[float, ...]
    vector: bool
    id: int
    payload: Place | bytes
    end: int

    @property
    def is_image(self) -> bool:
        """Whether it is an image and not a note on other records."""
        return not self.vector or bool(self.payload if isinstance(self.payload, bytes) else self.payload.length)


class Records(NamedTuple):
    """A .rec that is open."""

    path: Path
    memory: mmap.mmap

    def at(self, start: int) -> Record:
        """The record that begins at the byte `start`; UserError if none does, or if it is cut off."""
        parts = list(self._parts(start))
        offset, length = parts[-1]
        end = offset + length + -length % 4
        if len(parts) == 1:
            labels, vector, number, begin = _header(self.memory, offset, length, self.path)
            return Record(labels, vector, number, Place(self.path, begin, offset + length - begin), end)
        data = MAGIC.to_bytes(4, "little").join(self.memory[place : place + size] for place, size in parts)
        labels, vector, number, begin = _header(data, 0, len(data), self.path)
        return Record(labels, vector, number, data[begin:], end)

    def _parts(self, start: int) -> Iterator[tuple[int, int]]:
        """Offset and length of the data of each part of the record at `start`."""
        expected = (WHOLE, FIRST)
        while True:
            kind, length = self._words(start)
            if kind not in expected:
                raise UserError(f"{shown(self.path)}: no record begins at byte {start:,}, only a part of one: {AGAIN}")
            if start + WORDS.size + length > len(self.memory):
                raise self._cut_off(start)
            yield start + WORDS.size, length
            if kind in (WHOLE, LAST):
                return
            expected = (MIDDLE, LAST)
            start += WORDS.size + length + -length % 4

    def _words(self, start: int) -> tuple[int, int]:
        """Kind and length of the part that begins at `start`."""
        if start + WORDS.size > len(self.memory):
            raise self._cut_off(start)
        magic, word = WORDS.unpack_from(self.memory, start)
        if magic != MAGIC:
            raise UserError(f"{shown(self.path)} holds no record of MXNet's at byte {start:,}: {AGAIN}")
        return word >> 29, word & (2**29 - 1)

    def _cut_off(self, start: int) -> UserError:
        ends = f"it ends at byte {len(self.memory):,}, within the record at byte {start:,}"
        return UserError(f"{shown(self.path)} is cut off: {ends}; fetch the file again")


def images(path: Path, listed: Path | None = None, refuse: Refuse = stop) -> Iterator[Encoded]:
    """The images of the .rec `path`, in the order of their keys, or as they lie where there is no .idx beside it.

    Labels are those of the .lst `listed`, by the records' ids, or the first that each record has itself. Nothing but
    the records' headers is read. UserError names the file and the place of what is damaged, lacking or ambiguous; where
    it is of one record that an .idx or the label gives away, `refuse` may have it left out.
    """
    labels = read_list(listed) if listed else None
    index = path.with_suffix(".idx")
    with mapped(path) as memory:
        records = Records(path, memory)
        found = _indexed(records, read_index(index), refuse) if index.exists() else _in_turn(records)
        none = True
        for name, record in found:
            if record.is_image and (image := tried(partial(_image, records, name, record, labels), refuse)):
                none = False
                yield image
    if none:
        raise UserError(f"{shown(path)} holds no image: check that it is the file you mean")


def _indexed(records: Records, index: Index, refuse: Refuse) -> Iterator[tuple[str, Record]]:
    """The records of the index with the names of their keys; those out of the range that key 0 gives left out."""
    last = records.at(int(index.offsets.max()))
    if last.end < len(records.memory):
        path = shown(index.path)
        raise UserError(f"{path} lists nothing of {shown(records.path)} behind byte {last.end:,}: {NO_INDEX}")
    first, behind = _range(records, index)
    for key, offset in zip(index.keys[first:behind], index.offsets[first:behind], strict=True):
        if record := tried(partial(_at, records, f"key {key}", int(offset)), refuse):
            yield f"key {key}", record


def _at(records: Records, name: str, offset: int) -> Record:
    try:
        return records.at(offset)
    except UserError as error:
        raise UserError(f"{name}: {error}") from error


def _range(records: Records, index: Index) -> tuple[int, int]:
    """Where in the sorted index the images begin and end."""
    meta = records.at(int(index.offsets[0])) if index.keys[0] == 0 else None
    if meta is None or meta.is_image:
        return 0, len(index.keys)
    behind = meta.labels[0] if meta.labels else math.nan
    if not 1 <= behind < math.inf:
        raise UserError(f"{shown(records.path)}: key 0 gives {behind:g} as the end of the images' keys: {AGAIN}")
    return tuple(np.searchsorted(index.keys, [1, behind + inexact(behind)]).tolist())


def inexact(count: float) -> int:
    """By how much a float32 may have rounded a whole number to `count`."""
    return int(np.spacing(np.float32(count))) if count >= EXACT else 0


def _in_turn(records: Records) -> Iterator[tuple[str, Record]]:
    start, number = 0, 0
    while start < len(records.memory):
        record = records.at(start)
        yield f"record {number} at byte {start:,}", record
        start, number = record.end, number + 1


def _header(data: mmap.mmap | bytes, start: int, length: int, path: Path) -> tuple[tuple[float, ...], bool, int, int]:
    """Labels of the record `data[start : start + length]`, whether they are a vector, its id, the payload's start."""
    if length >= HEADER.size:
        count, label, number, _ = HEADER.unpack_from(data, start)
        begin = HEADER.size + 4 * count
        if begin <= length:
            labels = struct.unpack_from(f"<{count}f", data, start + HEADER.size) if count else (label,)
            return labels, count > 0, number, start + begin
    raise UserError(f"{shown(path)}: a record of {length:,} bytes is too short for its header and labels: {AGAIN}")


def _image(records: Records, name: str, record: Record, listed: Listed | None) -> Encoded:
    where = f"{shown(records.path)}, {name}"
    if not record.payload or (isinstance(record.payload, Place) and not record.payload.length):
        raise UserError(f"{where} holds no image's bytes: the set was packed wrongly; pack it again")
    value = record.labels[0] if listed is None else listed.label(record.id, where)
    if listed is None and abs(value) >= EXACT:
        raise UserError(
            f"{where}: from {EXACT:,} on the labels of a .rec run together, and this one is {value:,.0f}: name the "
            "set's list, a .lst, in data.labels"
        )
    return Encoded(name, whole(value, where), record.payload)
