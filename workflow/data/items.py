"""The images of a source one by one, whatever it is: what a build reads, and the files that a plan watches."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from workflow.cells.data_section import Data
from workflow.console import log
from workflow.data.formats import lists, recordio, tars
from workflow.data.formats.encoded import Encoded, Place, Refuse
from workflow.data.formats.shards import shards
from workflow.data.formats.table_files import tables
from workflow.data.walk import Entry, walk
from workflow.errors import UserError
from workflow.names import path_of, shown, text_of

NO_PICTURES = {"PDF", "PALM", "BUFR", "GRIB", "HDF5", "MPEG"}
"""formats that Pillow knows by name, and can read no picture of"""


class Item(NamedTuple):
    """An image: the file it lies in, its name there (empty where the file is the image), its label, and its bytes."""

    file: Path
    name: str
    label: int | str
    data: Place | bytes


class Account:
    """What was left out and why. A problem stops the build unless the config asks to go on."""

    def __init__(self, data: Data) -> None:
        self.skip, self.tops = data.skip_unreadable, [path_of(source.path or "") for source in data.sources()]
        self.rejected, self.skipped = Counter[str](), list[str]()

    def refuse(self, error: UserError) -> None:
        """Leave out an image that its file has wrongly; the UserError itself unless the config asks for that."""
        if not self.skip:
            raise UserError(f"{error}, or set data.skip_unreadable: true") from error
        log(f"skipped: {error}")
        self._count(str(error))

    def unreadable(self, file: Path, name: str, problem: str) -> None:
        """The same for what is no picture."""
        where = place_of(file, name)
        if not self.skip:
            mend = f"{problem}: delete it" if not name else f"{problem}: mend the set"
            raise UserError(f"{where} {mend}, or set data.skip_unreadable: true")
        log(f"{where} is skipped: it {problem}")
        self._count(f"{shown(within(self.tops, file)) if not name else where}: {problem}")

    def empty(self, classes: Mapping[Path, list[Entry]]) -> None:
        """The same for classes that hold no image, but maybe other files."""
        if not classes:
            return
        first, others = next(iter(classes.items()))
        said = f"class {shown(first)} holds no image"
        if len(classes) > 1:
            said = f"{len(classes):,} classes hold no image, the first {shown(first)}"
        mend = "delete the directory or put images into it"
        if others:
            mend = f"convert its files ({_kinds(Counter(_suffixes(others)))}) to JPEG or PNG, or delete the directory"
        if not self.skip:
            raise UserError(f"{said}: {mend}, or set data.skip_unreadable: true")
        log(f"left out: {said}")
        self.rejected["class without an image"] += len(classes)

    def _count(self, said: str) -> None:
        self.skipped.append(said)
        self.rejected["unreadable"] += 1


def place_of(file: Path, name: str) -> str:
    """How a message names an image."""
    return f"{shown(file)}, {shown(name)}" if name else shown(file)


def within(tops: Sequence[Path], file: Path) -> str:
    """A file as the first of the folders has it; the whole path where it lies in none, or only in a later one."""
    return text_of(file.relative_to(tops[0])) if file.is_relative_to(tops[0]) else text_of(file)


def items(data: Data, account: Account, know: Callable[[str], object]) -> Iterator[Item]:
    """The images of the source that `data` names, which `know` is told the classes of where they are known before.

    UserError for a source that cannot be read.
    """
    path = path_of(data.path or "")
    match data.source:
        case "folder":
            yield from _of_folder(path, account, know)
        case "records":
            labels = path_of(data.labels) if data.labels else None
            yield from _named(path, recordio.images(path, labels, account.refuse))
        case "list":
            for found in lists.images(path, path_of(data.root) if data.root else None, account.refuse):
                assert isinstance(found.data, Place)
                yield Item(found.data.file, "", found.label, found.data)
        case "webdataset":
            for shard in shards(data.path or ""):
                yield from _named(shard, tars.of_shard(shard, data.label or "label", account.refuse))
        case "parquet":
            yield from _of_tables(data, account.refuse)


def _named(file: Path, found: Iterator[Encoded]) -> Iterator[Item]:
    return (Item(file, image.name, image.label, image.data) for image in found)


def _of_tables(data: Data, refuse: Refuse) -> Iterator[Item]:
    from workflow.data.formats.tables import rows  # with a library that only this source needs

    for path in tables(data.path or ""):
        found = rows(path, data.image, data.label, path_of(data.root) if data.root else None, refuse)
        yield from _named(path, found)


def _of_folder(top: Path, account: Account, know: Callable[[str], object]) -> Iterator[Item]:
    """The image files of a folder, class by class; UserError where there are none."""
    tree, others = walk(top), Counter[str]()
    if not tree.classes:
        where = shown(top)
        raise UserError(f"{where} holds no directories: data.path must name a folder with one directory per class")
    account.rejected.update(tree.left_out)
    for entry in chain(tree.beside, *tree.classes.values()):
        if entry.problem:
            account.unreadable(entry.path, "", entry.problem)
    account.rejected.update("in no class" for entry in tree.beside if is_image(entry))
    found = {name: _images(entries, account, others) for name, entries in tree.classes.items()}
    if others:
        log(f"files that are no images by their names: {_kinds(others)}")
    account.empty({top / name: tree.classes[name] for name, images in found.items() if images is None})
    for name, entries in found.items():
        if entries is None:
            continue
        know(name)
        for entry in entries:
            yield Item(entry.path, "", name, Place(entry.path, 0, entry.size))


def _images(entries: list[Entry], account: Account, others: Counter[str]) -> list[Entry] | None:
    """The image files of a class, None where it holds none; the suffixes of `others` are counted."""
    files = [entry for entry in entries if is_image(entry)]
    left = [entry for entry in entries if not entry.problem and not is_image(entry)]
    account.rejected.update("not an image by its name" for _ in left)
    others.update(_suffixes(left))
    return files if files or any(entry.problem for entry in entries) else None


def _suffixes(entries: Iterable[Entry]) -> Iterator[str]:
    return (shown(entry.path.suffix) or "no suffix" for entry in entries)


def _kinds(suffixes: Counter[str]) -> str:
    return ", ".join(f"{number:,} with {suffix}" for suffix, number in suffixes.most_common(5))


def is_image(entry: Entry) -> bool:
    """Whether an entry is a file with an image's name."""
    known = Image.registered_extensions()
    return entry.problem is None and known.get(entry.path.suffix.lower(), "PDF") not in NO_PICTURES
