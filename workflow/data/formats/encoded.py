"""What every reader gives: an image's label, and where its encoded bytes lie."""

import mmap
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from workflow.data.walk import KINDS
from workflow.errors import UserError
from workflow.names import shown

T = TypeVar("T")
Refuse = Callable[[UserError], None]
"""takes what is wrong with one image, and raises it or has the reader go on with the next"""

WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")


class Place(NamedTuple):
    """Bytes of a file, all of which lie together."""

    file: Path
    offset: int
    length: int


class Encoded(NamedTuple):
    """One image: what its file calls it, its label as it stands there, and its bytes, or where they lie."""

    name: str
    label: int | str
    data: Place | bytes


def stop(error: UserError) -> None:
    """Refuses the whole file for one image that is wrong."""
    raise error


def tried(make: Callable[[], T], refuse: Refuse) -> T | None:
    """What `make` gives, or None where it raises what `refuse` accepts."""
    try:
        return make()
    except UserError as error:
        refuse(error)
        return None


def content(data: Place | bytes) -> bytes:
    """The bytes themselves; UserError if the file has become shorter since it was read."""
    if isinstance(data, bytes):
        return data
    with data.file.open("rb") as file:
        file.seek(data.offset)
        found = file.read(data.length)
    if len(found) < data.length:
        raise UserError(f"{shown(data.file)} is shorter than when it was indexed: put the file back, or index it again")
    return found


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file, of which only those that are looked at are read; UserError if there are none."""
    try:
        with with_end(path).open("rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise unopened(path, error) from error
    except ValueError as error:  # what mmap says of no bytes
        raise UserError(f"{shown(path)} is empty: fetch it again") from error
    with memory:
        yield memory


def with_end(path: Path) -> Path:
    """The path, unless reading there would wait for ever, as for what somebody writes into a pipe: then UserError."""
    kind = KINDS.get(stat.S_IFMT(path.stat().st_mode))
    if kind:
        raise UserError(f"{shown(path)} is {kind}: name a file")
    return path


def unopened(path: Path, error: OSError) -> UserError:
    """What to say of a file that cannot be opened."""
    return UserError(f"{shown(path)} cannot be opened ({error.strerror or error}): check its path and permissions")


def whole(value: float, where: str) -> int:
    """A label that is stored as a float; UserError, which says `where`, if it is no whole number."""
    if not float(value).is_integer():
        raise UserError(f"{where}: the label {value:g} is no whole number: a class has one, so mend the label")
    return int(value)


def written(text: str) -> int | str:
    """A label as it is written: a number, if that is how numbers are written, or else the text."""
    return int(text) if WHOLE_NUMBER.fullmatch(text) else text


def system_name(text: str) -> str:
    """A name that a file holds, as the system would give it, whatever the locale; not UTF-8 where that was escaped."""
    return os.fsdecode(text.encode("utf-8", "surrogateescape"))


def stored(path: Path, where: str) -> Place:
    """Where the bytes of an image's file lie; UserError, which says `where` it was named, if there are none."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{where} names {shown(path)}, which cannot be read ({reason}): mend path or folder") from error
    if not stat.S_ISREG(status.st_mode):
        raise UserError(f"{where} names {shown(path)}, which is no file: name an image's file")
    if not status.st_size:
        raise UserError(f"{where} names {shown(path)}, which is empty: fetch that file again")
    return Place(path, 0, status.st_size)
