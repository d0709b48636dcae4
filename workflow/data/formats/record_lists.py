"""The text files beside a .rec: an .idx of keys and offsets, a .lst of ids and labels."""

from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow.data.formats.encoded import unopened, with_end
from workflow.errors import UserError
from workflow.names import shown

FEWEST, WITH_LANDMARKS = 3, 17
"""fields of a line: aligned, path, label; then four of a box and ten of landmarks"""

Row = tuple[int, float]
Columns = tuple[np.ndarray, np.ndarray]


class Index(NamedTuple):
    """Keys, ascending, and byte offsets of records, int64 (n,), n at least 1."""

    path: Path
    keys: np.ndarray
    offsets: np.ndarray


class Listed(NamedTuple):
    """Ids, ascending, int64 (n,), and labels of records, float64 (n,)."""

    path: Path
    ids: np.ndarray
    labels: np.ndarray

    def label(self, number: int, where: str) -> float:
        """The label of the record with this id; UserError, which says `where` it lies, if it is not on the list."""
        place = int(np.searchsorted(self.ids, number))
        if place == len(self.ids) or self.ids[place] != number:
            raise UserError(f"{where} has the id {number}, which is not in {shown(self.path)}: give the set's own list")
        return float(self.labels[place])


def read_index(path: Path) -> Index:
    """The .idx `path`, one `key offset` a line; UserError names a line that is none, or a key that comes twice."""
    return Index(path, *_columns(path, _keyed, array("q")))


def read_list(path: Path) -> Listed:
    """The .lst `path`, of im2rec (`id label … path`), or of faces (`aligned path label …`), where ids count lines.

    UserError names a line that is neither, or an id that comes twice.
    """
    return Listed(path, *_columns(path, _labelled, array("d")))


def _columns(path: Path, parsed: Callable[[int, list[str]], Row | None], values: array) -> Columns:
    """What `parsed` makes of the lines of a file, sorted by the first of the two columns."""
    keys = array("q")
    for line, fields in _lines(path):
        try:
            row = parsed(len(keys) + 1, fields)
            if row is not None:
                keys.append(row[0])
                values.append(row[1])
        except (ValueError, OverflowError) as error:
            said = f"{' '.join(fields)[:60]!r} is no line of such a file"
            raise UserError(f"{shown(path)}, line {line}: {said}: fetch it again, or mend it") from error
    if not keys:
        raise UserError(f"{shown(path)} lists nothing: fetch it again, or delete it")
    return _sorted(path, np.array(keys), np.array(values))


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of every line that is not blank."""
    try:
        with with_end(path).open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, [field.strip() for field in line.split("\t")]
    except OSError as error:
        raise unopened(path, error) from error


def _keyed(_: int, fields: list[str]) -> Row:
    key, offset = map(int, " ".join(fields).split())
    if offset < 0:
        raise ValueError
    return key, offset


def _labelled(number: int, fields: list[str]) -> Row | None:
    """Id and first label of a line; None for a face that face2rec packs nothing of, as it knows not where it is."""
    if len(fields) < FEWEST:
        raise ValueError
    with suppress(ValueError):
        return int(fields[0]), float(fields[1])
    row = number, float(fields[2])
    return row if int(fields[0]) or len(fields) >= WITH_LANDMARKS else None


def _sorted(path: Path, keys: np.ndarray, values: np.ndarray) -> Columns:
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    twice = np.flatnonzero(keys[1:] == keys[:-1])
    if len(twice):
        raise UserError(f"{shown(path)} has two lines for {keys[twice[0]]}: delete the one that is wrong")
    return keys, values[order]
