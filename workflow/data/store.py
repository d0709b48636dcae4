"""A dataset folder: arrays that can be memory-mapped, and a manifest, written last, that says the set is whole."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from workflow.cells.paths import MANIFEST
from workflow.data.arrays import load, save, write_header
from workflow.data.encoded_store import EncodedSupply, Written, opened, write_encoded
from workflow.data.faces import SPLIT_PARTS
from workflow.data.images import Images
from workflow.data.manifest import Manifest, read_manifest
from workflow.data.sieve import hashes as hashes_of
from workflow.data.similar import look_alikes
from workflow.data.stamps import content_hash, feed, verify
from workflow.errors import UserError
from workflow.files import atomic, write_json

ROWS = 256  # images decoded at a time
IMAGES = ("images", "index")
"""arrays of images; only a set that stays encoded has an index"""


@dataclass(frozen=True)
class Dataset:
    """An opened dataset folder.

    images: uint8 (N, H, W) grey or (N, H, W, 3), memory-mapped, or decoded when they are asked for; classes, groups:
    int64 (N,); similar: int64 (A, 5) of the most similar other classes, -1 where there is none fit to compare;
    manifest: the record of how it was made.
    """

    folder: Path
    images: Images
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
    def asked(self) -> np.ndarray | None:
        """Which classes come from a source of the test's own, bool (A,); None where there is none."""
        serves = np.array([group.get("serves") == "test" for group in self.manifest["groups"]])
        if not serves.any():
            return None
        found = np.zeros(len(self.names), dtype=bool)
        found[self.classes[serves[self.groups]]] = True
        return found

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
    manifest = read_manifest(folder)
    arrays = _loaded(folder, manifest, "classes", "groups", "similar")
    own = {name: arrays.pop(name) for name in IMAGES if name in arrays}
    images = _images(folder, manifest, own)
    lengths = {"images": len(images)} | {name: len(array) for name, array in arrays.items()}
    rows, classes = manifest["images"], len(manifest["classes"])
    if lengths != {"images": rows, "classes": rows, "groups": rows, "similar": classes}:
        raise UserError(f"the arrays in {folder} do not fit its manifest: delete the folder and build it again")
    verify(folder, own | arrays, manifest.get("arrays", {}))
    return Dataset(folder, images, manifest=manifest, **arrays)


def open_images(folder: Path) -> Images:
    """The images alone of a finished dataset folder; UserError if they are not those of its manifest."""
    manifest = read_manifest(folder, "hash")
    arrays = _loaded(folder, manifest)
    verify(folder, arrays, manifest.get("arrays", {}))
    return _images(folder, manifest, arrays)


def _loaded(folder: Path, manifest: Manifest, *names: str) -> dict[str, np.ndarray]:
    """The arrays called so, and those of the images."""
    stored = IMAGES if "encoded" in manifest else IMAGES[:1]
    return {name: load(folder / f"{name}.npy") for name in (*stored, *names)}


def _images(folder: Path, manifest: Manifest, arrays: dict[str, np.ndarray]) -> Images:
    encoded = manifest.get("encoded")
    return arrays["images"] if encoded is None else opened(folder, arrays["index"], encoded)


def check_mapped(folder: Path) -> None:
    """UserError if the images, which are read while they are used, end before their header or index says: who does so
    dies."""
    manifest = read_manifest(folder, "hash")
    _images(folder, manifest, _loaded(folder, manifest))


class Supply(Protocol):
    """Where images come from: rendered glyphs or one's own. One that is `encoded` is an EncodedSupply, too."""

    encoded: bool

    def chunks(self) -> Iterator[np.ndarray]:
        """The images, uint8 (n, H, W) or (n, H, W, 3), some at a time."""

    def labels(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """After the last of them: names of the classes, class and group of every image delivered, int64 (N,)."""

    def record(self) -> dict[str, object]:
        """After the last of them: groups, sources, rejected, render, as the manifest lists them."""


def write_dataset(folder: Path, supply: Supply, record: dict[str, object]) -> Dataset:
    """Write all that `supply` delivers, then the manifest, and open the set. `record` adds to the manifest.

    A killed run leaves a folder without manifest.json, which nothing opens. UserError when the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for left in folder.glob(".*.part"):  # of a run that was killed
        left.unlink()
    digest = hashlib.sha256()
    images, small, hashes, encoded = _written(folder, supply, digest)
    names, classes, groups = supply.labels()
    arrays = {"classes": classes, "groups": groups, "similar": look_alikes(images, classes, groups, small)}
    for name, array in arrays.items():
        digest.update(array.tobytes())
        hashes[name] = content_hash(array)
        save(folder / f"{name}.npy", array)
    digest.update(json.dumps(names).encode())
    content = {"hash": digest.hexdigest(), "images": len(images), "classes": names, "arrays": hashes}
    stored = {"encoded": encoded} if encoded else {}
    write_json(folder / MANIFEST, {**record, **content, **stored, **supply.record()})
    return open_dataset(folder)


def _written(folder: Path, supply: Supply, digest: "hashlib._Hash") -> Written:
    """Write the images as `supply` has them stored."""
    if supply.encoded:
        return write_encoded(folder, cast(EncodedSupply, supply), digest)
    write_images(folder / "images.npy", supply.chunks(), digest)
    images = np.load(folder / "images.npy", mmap_mode="r")
    return Written(images, None, {"images": digest.hexdigest()}, None)


def write_images(path: Path, chunks: Iterable[np.ndarray], digest: "hashlib._Hash") -> None:
    """Stream uint8 images into one .npy file, whose header is completed when their number is known."""
    shape: tuple[int, ...] = (0,)
    with atomic(path) as temporary, temporary.open("wb") as file:
        write_header(file, (0, 0, 0, 3))
        for chunk in chunks:
            file.write(chunk.data)
            digest.update(chunk.data)
            shape = (shape[0] + len(chunk), *chunk.shape[1:])
        file.seek(0)
        write_header(file, shape)


def check_dataset(folder: Path) -> str:
    """Hash the arrays of `folder` again and return the hash; UserError if it is not the manifest's."""
    dataset = open_dataset(folder)
    digest = hashlib.sha256()
    feed_images(digest, dataset.images)
    for array in (dataset.classes, dataset.groups, dataset.similar):
        feed(digest, array)
    digest.update(json.dumps(dataset.names).encode())
    if digest.hexdigest() != dataset.manifest["hash"]:
        raise UserError(f"{folder} is not what its manifest describes: delete the folder and build it again")
    return digest.hexdigest()


def feed_images(digest: "hashlib._Hash", images: Images) -> None:
    """Update `digest` by images as a build does: by their pixels, or by the pixels' hashes where they stay encoded."""
    if isinstance(images, np.ndarray):
        feed(digest, images)
        return
    for start in range(0, len(images), ROWS):
        digest.update(hashes_of(images[start : start + ROWS]).astype("<u8").tobytes())
