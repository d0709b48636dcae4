"""Whether the arrays of a dataset folder are still those that were built.

Hashing them at the start of every cell would cost as much as a hundred training steps. They are hashed once: what the
file system says of each file then, its stamp, is kept in stamps.json, and hashed again is only what was touched since.
Whatever writes to a file changes its stamp, for the time of the last change cannot be set.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from workflow.console import log
from workflow.errors import UserError
from workflow.files import read_json, write_json

STAMPS = "stamps.json"
BYTES = 2**24  # read at a time

Stamp = list[int]
"""size, time of the last writing and of the last change in ns, number of the file"""


def content_hash(array: np.ndarray) -> str:
    """SHA-256 of the array's bytes in C order, hexadecimal."""
    digest = hashlib.sha256()
    feed(digest, array)
    return digest.hexdigest()


def feed(digest: "hashlib._Hash", array: np.ndarray) -> None:
    """Update `digest` by the array's bytes in C order; some rows are in memory at a time."""
    rows = max(1, BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        digest.update(np.ascontiguousarray(array[start : start + rows]).data)


def verify(folder: Path, arrays: Mapping[str, np.ndarray], hashes: Mapping[str, str]) -> None:
    """Hold `arrays`, as loaded from the files of their names in `folder`, against the `hashes` of its manifest.

    A set of before there were hashes is taken as it is, with a notice. UserError where an array is another.
    """
    if not hashes.keys() >= arrays.keys():
        log(f"{folder} was built without hashes of its arrays: not verified")
        return
    known, found = _known(folder), {name: _stamp(folder / f"{name}.npy") for name in arrays}
    new = {name: stamp for name, stamp in found.items() if known.get(name) != [hashes[name], *stamp]}
    for name in new:
        if content_hash(arrays[name]) != hashes[name]:
            raise UserError(
                f"{folder / name}.npy is not what its manifest describes: delete the folder and build it again"
            )
    if new:
        _remember(folder, known | {name: [hashes[name], *stamp] for name, stamp in new.items()})


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _known(folder: Path) -> dict[str, list[str | int]]:
    """By array, the hash that it had and the stamp of its file then."""
    try:
        known = read_json(folder / STAMPS)
    except UserError:
        return {}
    return known if isinstance(known, dict) else {}


def _remember(folder: Path, known: dict[str, list[str | int]]) -> None:
    try:
        write_json(folder / STAMPS, known)
    except UserError as error:
        log(f"the arrays of {folder} are hashed by every run: {error}")
