"""A set whose images stay encoded: their bytes in one file, or where the source has them, and an index of both.

index.npy says file, offset and length of every image. File 0 is images.npy, which holds, one behind the other, the
bytes of images that had a file each, or lay in none as they are decoded; the others are the source's own.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TypedDict

import numpy as np

from workflow.data.arrays import HEADER, save, write_header
from workflow.data.formats.encoded import Place, content
from workflow.data.images import EncodedImages, Images
from workflow.data.stamps import content_hash
from workflow.errors import UserError
from workflow.files import atomic
from workflow.names import path_of, shown, text_of

OWN, INDEX = "images.npy", "index.npy"


class EncodedFile(TypedDict):
    """A file of the source that images lie in: where it is, its size, and the time of its last writing in ns."""

    path: str
    size: int
    changed: int


class EncodedFacts(TypedDict):
    """What manifest.json says of a set that stays encoded: files 1 … of the index, and what images are made into."""

    files: list[EncodedFile]
    size: int
    mode: str
    ground: str


class Written(NamedTuple):
    """Stored images, the same pooled, uint8 (N, F), where that is known, the arrays' hashes, facts for the manifest."""

    images: Images
    pooled: np.ndarray | None
    hashes: dict[str, str]
    encoded: EncodedFacts | None


class EncodedSupply(Protocol):
    """A source whose images stay encoded."""

    size: int
    mode: str
    ground: str

    def looks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Of the images, some at a time: hashes of their pixels, uint64 (n,), and pooled images, uint8 (n, F)."""

    def places(self) -> tuple[list[Path], np.ndarray]:
        """After the last of them: files, and file, offset and length of every image, int64 (N, 3)."""

    def in_place(self, file: Path) -> bool:
        """Whether the images in this file may stay there."""


def write_encoded(folder: Path, supply: EncodedSupply, digest: "hashlib._Hash") -> Written:
    """Write the index of the images of `supply`, and those that cannot stay where they are; `digest` takes the hashes
    of their pixels."""
    looks = list(supply.looks())
    for hashes, _ in looks:
        digest.update(hashes.astype("<u8").tobytes())
    files, table = supply.places()
    used = set(table[:, 0].tolist())
    stay = np.array([number in used and supply.in_place(file) for number, file in enumerate(files)], dtype=bool)
    index = _copied(folder / OWN, files, table, stay)
    save(folder / INDEX, index)
    own = np.memmap(folder / OWN, mode="r")[HEADER:]
    hashes_of = {"images": content_hash(own), "index": content_hash(index)}
    facts: EncodedFacts = {
        "files": [_facts(file) for file, stays in zip(files, stay, strict=True) if stays],
        "size": supply.size,
        "mode": supply.mode,
        "ground": supply.ground,
    }
    pooled = np.concatenate([small for _, small in looks]) if looks else np.empty((0, 1), np.uint8)
    return Written(opened(folder, index, facts), pooled, hashes_of, facts)


def opened(folder: Path, index: np.ndarray, facts: EncodedFacts) -> EncodedImages:
    """The images of a folder; UserError where a file of the source is not what it was."""
    for known in facts["files"]:
        path = path_of(known["path"])
        if not path.is_file() or _facts(path) != known:
            raise UserError(
                f"{shown(path)}, which the images of {folder} lie in, is not there as it was: put it back, or build "
                "the data set again"
            )
    files = [folder / OWN, *(path_of(known["path"]) for known in facts["files"])]
    return EncodedImages(files, index, facts["size"], facts["mode"], facts["ground"])


def _copied(path: Path, files: list[Path], table: np.ndarray, stay: np.ndarray) -> np.ndarray:
    """Write the bytes of images that cannot stay to `path`; the index, int64 (N, 3)."""
    number = np.where(stay, np.cumsum(stay), 0)
    index, total = table.copy(), 0
    index[:, 0] = number[table[:, 0]]
    with atomic(path) as temporary, temporary.open("wb") as out:
        write_header(out, (0,))
        for row in np.flatnonzero(index[:, 0] == 0).tolist():
            file, offset, length = table[row].tolist()
            index[row, 1] = HEADER + total
            total += out.write(content(Place(files[file], offset, length)))
        out.seek(0)
        write_header(out, (total,))
    return index


def _facts(path: Path) -> EncodedFile:
    status = path.stat()
    return {"path": text_of(path), "size": status.st_size, "changed": status.st_mtime_ns}
