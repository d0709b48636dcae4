"""Lists of images: lines of a path and a label, separated by tabs, commas or, where there are none, by blanks."""

import csv
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TextIO

from workflow.data.formats.encoded import Encoded, Refuse, stop, stored, system_name, tried, unopened, with_end, written
from workflow.errors import UserError
from workflow.names import shown, text_of

PATHS = ("path", "file_path", "filepath", "image_path", "img_path", "file_name", "filename", "file", "image", "img")
LABELS = ("label", "class", "class_id", "label_id", "identity", "person", "target", "category", "id")
"""names that a first line may give the columns, those before others that are meant where several stand there"""

Row = tuple[int, list[str]]
"""number of a line, and its fields"""


def images(path: Path, root: Path | None = None, refuse: Refuse = stop) -> Iterator[Encoded]:
    """The images of the list `path`, which are named from `root`, or else from the folder that the list lies in.

    The first line may name the columns; without names, the path stands first and the label second. UserError names
    the line that is of another shape, names a file that is not there, or names one a second time; a line that names no
    file of its own `refuse` may have left out.
    """
    folder, seen = path.parent if root is None else root, dict[str, int]()
    for line in _entries(path):
        if image := tried(partial(_image, path, folder, line, seen), refuse):
            yield image
    if not seen:
        raise UserError(f"{shown(path)} lists no image: write lines of a path and a label")


def _image(path: Path, folder: Path, line: tuple[int, str, str], seen: dict[str, int]) -> Encoded:
    """The image of a line, whose file joins those `seen`, by the number of its line."""
    number, name, label = line
    where = f"{shown(path)}, line {number}"
    if not name or not label:
        raise UserError(f"{where} has an empty {'label' if name else 'path'}: complete or delete it")
    if seen.setdefault(name, number) != number:
        raise UserError(f"{where} names {shown(name)} again, after line {seen[name]}: delete one of them")
    return Encoded(text_of(name), written(text_of(label)), stored(folder / name, where))


def named(path: Path, root: Path | None = None) -> Iterator[Path]:
    """The files that the list `path` names, whatever they are."""
    folder = path.parent if root is None else root
    return (folder / name for _, name, _ in _entries(path))


def _entries(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, name of the file and label of every row."""
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        return
    columns, width = _columns(first[1]), len(first[1])
    if columns is None and width != 2:
        raise UserError(
            f"{shown(path)}: its first line has {width} columns and does not tell which two are path and label: "
            "let it name them so"
        )
    name, label = columns or (0, 1)
    for number, fields in rows if columns else chain([first], rows):
        if len(fields) != width:
            raise UserError(
                f"{shown(path)}, line {number} has {len(fields)} columns, the first line {width}: quote what holds the "
                "separator, or complete the line"
            )
        yield number, system_name(fields[name]), system_name(fields[label].strip())


def _columns(names: list[str]) -> tuple[int, int] | None:
    """Which columns hold path and label, if the first line names them."""
    found = [name.strip().lower() for name in names]
    path, label = (next((name for name in known if name in found), None) for known in (PATHS, LABELS))
    return None if path is None or label is None else (found.index(path), found.index(label))


def _rows(path: Path) -> Iterator[Row]:
    """The lines that are not blank; UserError if this is no text."""
    try:
        with with_end(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield from _split(file, path)
    except OSError as error:
        raise unopened(path, error) from error
    except ValueError as error:
        raise UserError(f"{shown(path)} is no list in UTF-8 ({error}): save it as CSV or TSV") from error


def _split(file: TextIO, path: Path) -> Iterator[Row]:
    first = next((line for line in file if line.strip()), "")
    if "\0" in first:
        raise ValueError("it holds zero bytes")
    file.seek(0)
    separator = next((one for one in "\t," if one in first), None)
    if separator is None:
        rows = enumerate((line.rsplit(maxsplit=1) for line in file), 1)
        yield from ((number, [field.strip() for field in fields]) for number, fields in rows if fields)
        return
    reader = csv.reader(file, delimiter=separator, strict=True)
    ended = 0
    try:
        for fields in reader:
            ended = reader.line_num
            if any(field.strip() for field in fields):
                yield ended, fields
    except csv.Error as error:
        raise UserError(
            f"{shown(path)}, line {ended + 1} cannot be read ({error}): close its quotes, or take them out"
        ) from error
