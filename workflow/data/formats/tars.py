"""Shards of webdataset: tars in which members of one key, the name up to its first dot, are one sample.

A sample has one image and a label, in `.cls` or under a field of `.json`, and its members follow one another. In a tar
that is not compressed, an image is a place in the file; of a compressed one, or of a sparse member, it is the bytes.
"""

import io
import json
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from workflow.data.formats.encoded import (
    Encoded,
    Place,
    Refuse,
    content,
    stop,
    system_name,
    tried,
    unopened,
    whole,
    with_end,
    written,
)
from workflow.errors import UserError
from workflow.names import shown, text_of

IMAGES = {"jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "gif", "ppm", "pgm", "tif", "tiff", "jp2", "avif"}
LABELS = {"cls", "json"}
LONGEST = 2**24  # bytes of a label's member


class Member(NamedTuple):
    """An image or a label of a sample: its name, key and what follows the first dot of its name, in lower case."""

    name: str
    key: str
    kind: str
    data: Place | bytes


def of_shard(path: Path, field: str, refuse: Refuse = stop) -> Iterator[Encoded]:
    """The images of one tar, in the order of its samples.

    `field` is that of .json. UserError names the shard and the sample that is damaged or double, or lacks a part; such
    a sample `refuse` may have left out.
    """
    none = True
    for sample in _samples(path):
        if image := tried(partial(_image, path, sample, field), refuse):
            none = False
            yield image
    if none:
        raise UserError(f"{shown(path)} holds no image with a label beside it: leave it out")


def _samples(path: Path) -> Iterator[dict[str, Member]]:
    """Members that follow one another and have one key, by their kinds."""
    sample: dict[str, Member] = {}
    for member in _members(path):
        if any(member.key != other.key for other in sample.values()):
            yield sample
            sample = {}
        if member.kind in sample:
            raise UserError(f"{shown(path)} has two members {shown(member.name)}: keep one of them")
        sample[member.kind] = member
    if sample:
        yield sample


def _members(path: Path) -> Iterator[Member]:
    """The images and labels of a tar; UserError if it cannot be read to its end."""
    try:
        with tarfile.open(with_end(path), encoding="utf-8", errors="surrogateescape") as tar:
            for entry in tar:
                entry.name = system_name(entry.name)
                key, kind = _named(entry.name)
                if kind in IMAGES | LABELS and not entry.isdir():
                    yield Member(entry.name, key, kind, _data(path, tar, entry, kind))
                tar.members = []  # type: ignore[attr-defined]  # which tarfile would keep
            _check_end(path, tar)
    except UserError:
        raise
    except Exception as error:  # a decompressor raises whatever it likes
        if isinstance(error, OSError) and error.strerror:
            raise unopened(path, error) from error
        reason = shown(str(error).partition("\n")[0].rstrip(":")) or type(error).__name__
        raise UserError(f"{shown(path)} is cut off, damaged or no tar ({reason}): fetch it again") from error


def _named(name: str) -> tuple[str, str]:
    """Key and kind of a member; no kind for what belongs to no sample, such as hidden files and __notes__.json."""
    folder, _, base = name.rpartition("/")
    stem, _, kind = base.partition(".")
    note = stem.startswith("__") and stem.endswith("__")
    return f"{folder}/{stem}", "" if note or not stem else kind.lower()


def _data(path: Path, tar: tarfile.TarFile, entry: tarfile.TarInfo, kind: str) -> Place | bytes:
    where = f"{shown(path)}, {shown(entry.name)}"
    if not entry.isreg():
        raise UserError(
            f"{where} is a link or no file: pack the files themselves (tar --dereference --hard-dereference)"
        )
    if not entry.size:
        raise UserError(f"{where} is empty: leave it out")
    if kind in LABELS and entry.size > LONGEST:
        raise UserError(f"{where} has {entry.size:,} bytes, too many for a label: leave it out")
    if isinstance(tar.fileobj, io.BufferedReader) and not entry.issparse():
        return Place(path, entry.offset_data, entry.size)
    file = tar.extractfile(entry)
    return file.read() if file else b""


def _check_end(path: Path, tar: tarfile.TarFile) -> None:
    """UserError unless the tar ends with zeros: tarfile stops at any block that is no header, and says nothing."""
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    block = tar.fileobj.read(tarfile.BLOCKSIZE)
    while not isinstance(tar.fileobj, io.BufferedReader) and tar.fileobj.read(LONGEST):
        pass  # to the checksum of what was compressed
    if len(block) < tarfile.BLOCKSIZE or any(block):
        raise UserError(f"{shown(path)} is cut off or damaged at byte {tar.offset:,}: fetch it again")


def _image(path: Path, sample: dict[str, Member], field: str) -> Encoded:
    name = next(iter(sample.values())).key.lstrip("/")
    where, kinds = f"{shown(path)}, sample {shown(name)}", [kind for kind in sample if kind in IMAGES]
    if len(kinds) > 1:
        raise UserError(
            f"{where} has {len(kinds)} images (.{', .'.join(kinds)}): which is meant cannot be told, so keep one"
        )
    if not kinds:
        raise UserError(f"{where} has a label but no image: its members must follow one another in the tar")
    if "cls" in sample:
        label = _class(where, content(sample["cls"].data))
    elif "json" in sample:
        label = _field(where, content(sample["json"].data), field)
    else:
        raise UserError(f"{where} has no label (.cls or .json): its members must follow one another in the tar")
    return Encoded(text_of(name), label, sample[kinds[0]].data)


def _class(where: str, data: bytes) -> int | str:
    text = data.decode("utf-8", "backslashreplace").strip()
    if not text or len(text.splitlines()) > 1:
        raise UserError(f"{where}: its .cls must hold one number or name")
    return written(text)


def _field(where: str, data: bytes, field: str) -> int | str:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: its .json is damaged ({error}): mend it") from error
    label = found.get(field) if isinstance(found, dict) else found
    if isinstance(label, bool | list | dict | None) or label == "":
        kind = f"{field!r} is {json.dumps(label)[:60]}" if isinstance(found, dict) and field in found else ""
        has = ", ".join(map(repr, found)) if isinstance(found, dict) else type(found).__name__
        raise UserError(f"{where}: its .json has no number or name under {field!r}, but {kind or shown(has)[:200]}")
    return whole(label, where) if isinstance(label, float) else label
