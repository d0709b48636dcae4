"""The one walk over a folder of images: what a plan watches is what a build reads.

A directory of the top folder is a class, whatever lies at any depth in it is the class's. Links are followed; a folder
that a class has seen already, or that the top folder lies in, is not entered again, so that a loop of links ends. What
is hidden, and what file servers, archives and systems keep for themselves, is left out and counted.
"""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workflow.errors import UserError
from workflow.names import shown, text_of

HIDDEN = "hidden"
OF_SYSTEMS = "of a file server or archive"
LOOP = "link to a folder already read"

SYSTEMS = {
    *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "@__thumb", "#recycle", "#snapshot"),
    *("__macosx", "$recycle.bin", "recycler", "system volume information", "lost+found"),
}
"""folders of metadata, thumbnails and what was deleted, in lower case"""

KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

Place = tuple[int, int]
"""device and inode: which folder it is, by whatever path it is reached"""


@dataclass(frozen=True)
class Entry:
    """What lies at `path`: a file with its size and time of change in ns, a folder, or something with a `problem`."""

    path: Path
    size: int = 0
    changed: int = 0
    folder: Place | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Tree:
    """All that a folder of images holds: the files of each class, what lies beside the classes, what was left out."""

    classes: dict[str, list[Entry]]
    beside: list[Entry]
    left_out: Counter[str]


def walk(top: Path) -> Tree:
    """The classes of the folder `top` and the files of each, in the order of the bytes of their names.

    UserError if `top` cannot be listed, or if two classes cannot be told apart by name.
    """
    tree = Tree({}, [], Counter())
    above = _above(top)
    for entry in _opened(top, tree.left_out):
        if entry.folder is None:
            tree.beside.append(entry)
        elif entry.folder in above:
            tree.left_out[LOOP] += 1
        elif (name := text_of(entry.path.name)) in tree.classes:
            raise UserError(f"{shown(top)} holds two directories that both read {shown(name)}: rename one of them")
        else:
            tree.classes[name] = list(_files(entry, set(above), tree.left_out))
    return tree


def _above(top: Path) -> set[Place]:
    """The folder itself and all that it lies in."""
    try:
        place = top.resolve(strict=True)
        return {_place(folder.stat()) for folder in (place, *place.parents)}
    except FileNotFoundError as error:
        raise UserError(f"data.path: {shown(top)} does not exist") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"data.path: {shown(top)} cannot be reached ({_why(error)})") from error


def _opened(top: Path, left_out: Counter[str]) -> list[Entry]:
    try:
        return [entry_of(path) for path in _listed(top, left_out)]
    except OSError as error:
        raise UserError(
            f"{shown(top)} cannot be listed ({_why(error)}): check data.path and its permissions"
        ) from error


def _files(top: Entry, seen: set[Place], left_out: Counter[str]) -> Iterator[Entry]:
    """All under `top` that is no folder, or cannot be listed."""
    waiting = [top]
    while waiting:
        entry = waiting.pop()
        if entry.folder is None:
            yield entry
        elif entry.folder in seen:
            left_out[LOOP] += 1
        else:
            seen.add(entry.folder)
            try:
                waiting += [entry_of(path) for path in reversed(_listed(entry.path, left_out))]
            except OSError as error:
                yield Entry(entry.path, problem=f"cannot be listed ({_why(error)})")


def _listed(folder: Path, left_out: Counter[str]) -> list[Path]:
    """What lies in `folder` and is of interest; what is not is counted."""
    with os.scandir(folder) as entries:
        names = sorted((entry.name for entry in entries), key=os.fsencode)
    reasons = [_reason(name) for name in names]
    left_out.update(reason for reason in reasons if reason)
    return [folder / name for name, reason in zip(names, reasons, strict=True) if reason is None]


def _reason(name: str) -> str | None:
    """Why a file or folder called so is left out; None if it is not."""
    if name.startswith("."):
        return HIDDEN
    return OF_SYSTEMS if name.casefold() in SYSTEMS else None


def entry_of(path: Path) -> Entry:
    """What lies at a path."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # of a name with a zero byte
        return Entry(path, problem=_lost(path, error))
    if stat.S_ISDIR(status.st_mode):
        return Entry(path, folder=_place(status))
    if not stat.S_ISREG(status.st_mode):
        return Entry(path, problem=f"is {KINDS.get(stat.S_IFMT(status.st_mode), 'no file')}")
    return Entry(path, status.st_size, status.st_mtime_ns)


def _lost(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return f"is a link to {shown(os.readlink(path))}, which does not exist"
    return f"cannot be reached ({_why(error)})"


def _place(status: os.stat_result) -> Place:
    return status.st_dev, status.st_ino


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
