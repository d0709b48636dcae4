"""What a source of one's own images holds, without opening an image: so that a plan notices that it has changed."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from workflow.cells.data_section import Data
from workflow.data.formats.lists import named
from workflow.data.formats.shards import shards
from workflow.data.formats.table_files import tables
from workflow.data.walk import Entry, entry_of, walk
from workflow.errors import UserError
from workflow.names import path_of


def listing(data: Data) -> str | None:
    """Eight hexadecimal digits of the names, sizes and times of all files of a source; None for glyphs.

    What is wrong with the files is said by the build, which reads them: a plan goes on.
    """
    if data.source == "glyphs":
        return None
    digest = hashlib.sha256()
    for source in data.sources():
        for fact in _facts(source):
            digest.update(fact + b"\0")
    return digest.hexdigest()[:8]


def _facts(data: Data) -> Iterator[bytes]:
    try:
        if data.source == "folder":
            yield from _of_folder(path_of(data.path or ""))
        else:
            yield from (_fact(entry_of(file)) for file in files_of(data))
    except UserError as error:
        yield str(error).encode()


def _of_folder(path: Path) -> Iterator[bytes]:
    tree = walk(path)
    for name, entries in [("", tree.beside), *tree.classes.items()]:
        yield name.encode()
        yield from map(_fact, entries)


def files_of(data: Data) -> Iterator[Path]:
    """All files that a build reads, but for a folder's; of a table that names images by path, the table."""
    path = path_of(data.path or "")
    match data.source:
        case "records":
            yield from (path, path.with_suffix(".idx"), *([path_of(data.labels)] if data.labels else []))
        case "webdataset":
            yield from shards(data.path or "")
        case "list":
            yield path
            yield from named(path, path_of(data.root) if data.root else None)
        case "parquet":
            yield from tables(data.path or "")


def _fact(entry: Entry) -> bytes:
    return os.fsencode(entry.path) + f" {entry.size} {entry.changed} {entry.problem or ''}".encode()
