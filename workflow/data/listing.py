"""What a folder of images holds, without opening an image: so that a plan notices that it has changed."""

import hashlib
import os
from collections.abc import Iterator

from workflow.cells.data_section import Data
from workflow.data.walk import Entry, walk
from workflow.errors import UserError
from workflow.names import path_of


def listing(data: Data) -> str | None:
    """Eight hexadecimal digits of the names, sizes and times of all files of a `folder` source; None for glyphs.

    What is wrong with the folder is said by the build, which reads it: a plan goes on.
    """
    if data.source != "folder" or data.path is None:
        return None
    digest = hashlib.sha256()
    for fact in _facts(data.path):
        digest.update(fact + b"\0")
    return digest.hexdigest()[:8]


def _facts(path: str) -> Iterator[bytes]:
    try:
        tree = walk(path_of(path))
    except UserError as error:
        yield str(error).encode()
        return
    for name, entries in [("", tree.beside), *tree.classes.items()]:
        yield name.encode()
        yield from map(_fact, entries)


def _fact(entry: Entry) -> bytes:
    return os.fsencode(entry.path) + f" {entry.size} {entry.changed} {entry.problem or ''}".encode()
