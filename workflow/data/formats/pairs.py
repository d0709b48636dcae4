"""Verification pairs as LFW's pairs.txt has them: a name and two numbers, or two names with a number each."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from workflow.data.formats.encoded import Place, stored, system_name, unopened, with_end
from workflow.errors import UserError
from workflow.names import shown

SUFFIXES = (".jpg", ".png", ".jpeg", ".webp", ".bmp")

Side = tuple[str, int]
"""a person's name, and the number of an image"""


class Pair(NamedTuple):
    """Two images, and whether they show the same person."""

    first: Place
    second: Place
    same: bool


def pairs(path: Path, folder: Path) -> Iterator[Pair]:
    """The pairs of the list `path`, whose images are `folder`/NAME/NAME_0001.jpg, or the like of another suffix.

    The first line may say how many there are: folds and pairs of either kind in each, or only the latter. UserError
    names the line that is of another shape or names no file, or the list if it is not as long as it says.
    """
    stated, count = None, 0
    for number, fields in _lines(path):
        if not count and stated is None and (stated := _stated(fields)) is not None:
            continue
        where = f"{shown(path)}, line {number}"
        (first, second), same = _sides(fields, where)
        count += 1
        yield Pair(_image(folder, first, where), _image(folder, second, where), same)
    if not count or stated not in (None, count):
        says = "" if stated is None else f" where its first line says {stated:,}"
        raise UserError(f"{shown(path)} lists {count:,} pairs{says}: fetch it again")


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of the lines that are not blank; names may hold blanks where tabs separate them."""
    try:
        with with_end(path).open(encoding="utf-8-sig", errors="surrogateescape") as file:
            for number, line in enumerate(file, 1):
                fields = [field.strip() for field in line.rstrip().split("\t" if "\t" in line.strip() else None)]
                if fields != [""] and fields:
                    yield number, list(map(system_name, fields))
    except OSError as error:
        raise unopened(path, error) from error


def _stated(fields: list[str]) -> int | None:
    """How many pairs a line says there are, if it is of numbers only."""
    if len(fields) > 2 or not all(field.isascii() and field.isdigit() for field in fields):
        return None
    folds = int(fields[0]) if len(fields) == 2 else 1
    return 2 * folds * int(fields[-1])


def _sides(fields: list[str], where: str) -> tuple[tuple[Side, Side], bool]:
    """What a line compares, and whether that is one person."""
    same = len(fields) == 3
    named = [*fields[:2], fields[0], fields[-1]] if same else fields
    if len(named) != 4 or not all(number.isascii() and number.isdigit() for number in named[1::2]):
        raise UserError(f"{where} is no pair: write `name number number`, or `name number name number`")
    first, second = (named[0], int(named[1])), (named[2], int(named[3]))
    if same and first == second:
        raise UserError(f"{where} compares an image with itself: delete the line")
    if not same and named[0] == named[2]:
        raise UserError(f"{where} names {shown(named[0])} twice: write the name once if it is one person's pair")
    return (first, second), same


def _image(folder: Path, side: Side, where: str) -> Place:
    name, number = side
    paths = [folder / name / f"{name}_{number:04}{suffix}" for suffix in SUFFIXES]
    return stored(next((path for path in paths if path.exists()), paths[0]), where)
