"""A dataset folder: arrays that can be memory-mapped, and a manifest, written last, that says the set is whole."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NotRequired, Protocol, TypedDict

import numpy as np

from workflow.cells.paths import MANIFEST
from workflow.data.faces import SPLIT_PARTS
from workflow.data.similar import look_alikes
from workflow.data.stamps import content_hash, feed, verify
from workflow.errors import UserError, reason
from workflow.files import atomic, read_json, write_json, writing

HEADER = 128  # bytes of the images' .npy header


class Group(TypedDict):
    """A font face, or a whole folder of images, as far as a split asks about it; the manifest says more."""

    family: str
    part: str | None


class Manifest(TypedDict):
    """manifest.json, as far as it is read again; `settings` are the keys of `data` that the images were made by."""

    name: str
    settings: dict[str, object]
    hash: str
    images: int
    classes: list[str]
    groups: list[Group]
    sources: list[dict[str, object]]
    rejected: dict[str, int]
    arrays: NotRequired[dict[str, str]]
    """SHA-256 of each array's content; older sets lack them"""


@dataclass(frozen=True)
class Dataset:
    """An opened dataset folder.

    images: uint8 (N, H, W) grey or (N, H, W, 3), memory-mapped; classes, groups: int64 (N,); similar: int64 (A, 5) of
    the most similar other classes, -1 where there is none fit to compare; manifest: the record of how it was made.
    """

    folder: Path
    images: np.ndarray
    classes: np.ndarray
    groups: np.ndarray
    similar: np.ndarray
    manifest: Manifest

    @property
    def names(self) -> list[str]:
        """Name of every class: its character or its directory."""
        return self.manifest["classes"]

    @property
    def families(self) -> np.ndarray:
        """Number of every group's family, int64 (groups,)."""
        return np.unique([group["family"] for group in self.manifest["groups"]], return_inverse=True)[1]

    @property
    def parts(self) -> np.ndarray | None:
        """Which of SPLIT_PARTS every group serves, int64 (groups,); None where images, not groups, are held out."""
        parts = [group["part"] for group in self.manifest["groups"]]
        return None if None in parts else np.array([SPLIT_PARTS.index(part) for part in parts])


def open_dataset(folder: Path) -> Dataset:
    """Open a finished dataset folder; UserError if it is missing, unfinished or its arrays are not those of its
    manifest."""
    folder = Path(folder)
    if not (folder / MANIFEST).exists():
        raise UserError(f"{folder} is not a finished dataset: build it with `python -m workflow.data build`")
    manifest = read_json(folder / MANIFEST)
    arrays = {name: _load(folder / f"{name}.npy") for name in ("images", "classes", "groups", "similar")}
    lengths = {name: len(array) for name, array in arrays.items()}
    rows, classes = manifest["images"], len(manifest["classes"])
    if lengths != {"images": rows, "classes": rows, "groups": rows, "similar": classes}:
        raise UserError(f"the arrays in {folder} do not fit its manifest: delete the folder and build it again")
    verify(folder, arrays, manifest.get("arrays", {}))
    return Dataset(folder, manifest=manifest, **arrays)


def open_images(folder: Path) -> np.ndarray:
    """The images alone of a finished dataset folder, memory-mapped; UserError if they are not those of its manifest."""
    images = _load(folder / "images.npy")
    verify(folder, {"images": images}, read_json(folder / MANIFEST).get("arrays", {}))
    return images


def check_mapped(folder: Path) -> None:
    """UserError if the images, which are read while they are used, end before their header says: who does so dies."""
    _load(folder / "images.npy")


class Supply(Protocol):
    """Where images come from: rendered glyphs or a folder."""

    def chunks(self) -> Iterator[np.ndarray]:
        """The images, uint8 (n, H, W) or (n, H, W, 3), some at a time."""

    def labels(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """After the last chunk: names of the classes, class and group of every image delivered, int64 (N,)."""

    def record(self) -> dict[str, object]:
        """After the last chunk: groups, sources, rejected, render, as the manifest lists them."""


def write_dataset(folder: Path, supply: Supply, record: dict[str, object]) -> Dataset:
    """Write all that `supply` delivers, then the manifest, and open the set. `record` adds to the manifest.

    A killed run leaves a folder without manifest.json, which nothing opens. UserError when the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for left in folder.glob(".*.part"):  # of a run that was killed
        left.unlink()
    digest = hashlib.sha256()
    write_images(folder / "images.npy", supply.chunks(), digest)
    names, classes, groups = supply.labels()
    images = np.load(folder / "images.npy", mmap_mode="r")
    hashes = {"images": digest.hexdigest()}
    arrays = {"classes": classes, "groups": groups, "similar": look_alikes(images, classes, groups)}
    for name, array in arrays.items():
        digest.update(array.tobytes())
        hashes[name] = content_hash(array)
        _save(folder / f"{name}.npy", array)
    digest.update(json.dumps(names).encode())
    content = {"hash": digest.hexdigest(), "images": len(images), "classes": names, "arrays": hashes, **supply.record()}
    write_json(folder / MANIFEST, {**record, **content})
    return open_dataset(folder)


def write_images(path: Path, chunks: Iterable[np.ndarray], digest: "hashlib._Hash") -> None:
    """Stream uint8 images into one .npy file, whose header is completed when their number is known."""
    shape: tuple[int, ...] = (0,)
    with atomic(path) as temporary, temporary.open("wb") as file:
        _header(file, (0, 0, 0, 3))
        for chunk in chunks:
            file.write(chunk.data)
            digest.update(chunk.data)
            shape = (shape[0] + len(chunk), *chunk.shape[1:])
        file.seek(0)
        _header(file, shape)


def check_dataset(folder: Path) -> str:
    """Hash the arrays of `folder` again and return the hash; UserError if it is not the manifest's."""
    dataset = open_dataset(folder)
    digest = hashlib.sha256()
    for array in (dataset.images, dataset.classes, dataset.groups, dataset.similar):
        feed(digest, array)
    digest.update(json.dumps(dataset.names).encode())
    if digest.hexdigest() != dataset.manifest["hash"]:
        raise UserError(f"{folder} is not what its manifest describes: delete the folder and build it again")
    return digest.hexdigest()


def _header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the .npy header: HEADER bytes, as numpy leaves room for the number of images to grow."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _save(path: Path, array: np.ndarray) -> None:
    with writing(path) as file:
        np.save(file, array)


def _load(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r" if path.stem == "images" else None)
    except Exception as error:  # numpy takes a header for source code, and raises what that may raise
        raise UserError(f"{path} cannot be read ({reason(error)}): delete its folder and build it again") from error
