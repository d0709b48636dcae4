"""Your own images: one directory per class, any files that Pillow opens, as torchvision's ImageFolder lays them out."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from workflow.cells.data_section import Data
from workflow.console import log, progress
from workflow.data.processes import in_parallel
from workflow.data.sieve import Sieve, hashes
from workflow.errors import UserError

CHUNK = 256  # files in one task
FEWEST = 6  # classes: two each to train on, for validation and for test


@dataclass(frozen=True)
class Files:
    """Some image files of known classes."""

    files: tuple[Path, ...]
    classes: np.ndarray
    size: int
    mode: str


class Folder:
    """Reads a directory of class directories. Implements store.Supply."""

    def __init__(self, data: Data, jobs: int) -> None:
        self.path, self.jobs, self.skip = Path(data.path or "").expanduser(), jobs, data.skip_unreadable
        self.size, self.mode = data.size, {"grey": "L", "rgb": "RGB"}[data.colour]
        self.sieve = Sieve()
        self.skipped: list[str] = []
        self.found = _classes(self.path, self.sieve)

    def chunks(self) -> Iterator[np.ndarray]:
        """Kept images, uint8 (n, size, size) or (n, size, size, 3), in the order of class and file name."""
        files = [(path, number) for number, paths in enumerate(self.found.values()) for path in paths]
        cuts = [files[start : start + CHUNK] for start in range(0, len(files), CHUNK)]
        tasks = [Files(*_columns(cut), self.size, self.mode) for cut in cuts]
        results = progress(in_parallel(read, tasks, self.jobs), f"reading {self.path}", total=len(tasks), unit="chunks")
        for task, (images, problems) in zip(tasks, results, strict=True):
            readable = np.array([problem is None for problem in problems])
            self._refuse(task, problems)
            images = images[readable]
            yield self.sieve.keep(images, hashes(images), task.classes[readable], 0)

    def labels(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Directory names, class of every image, and group 0; UserError if too few classes are left."""
        kept, classes, groups = self.sieve.labels()
        names = list(self.found)
        for lost in sorted(set(range(len(names))) - set(kept.tolist())):
            log(f"class {names[lost]} is left out: none of its files could be read")
        if len(kept) < FEWEST:
            raise UserError(f"{self.path} has {len(kept)} classes that can be read: at least {FEWEST} are needed")
        return [names[number] for number in kept], classes, groups

    def record(self) -> dict[str, object]:
        """One group and one source, the folder, and the files that were skipped."""
        own = {"package": None, "version": None, "licence": None}
        group = {"name": self.path.name, "family": self.path.name, "file": str(self.path), "part": None, **own}
        source = {"package": str(self.path), "version": None, "sha256": None, "licence": None}
        return {
            "groups": [group | {"index": None, "weight": None}],
            "sources": [source | {"status": "ok", "reason": None}],
            "rejected": dict(self.sieve.rejected),
            "skipped": self.skipped,
            "render": {"size": self.size, "mode": self.mode},
        }

    def _refuse(self, task: Files, problems: list[str | None]) -> None:
        for path, problem in zip(task.files, problems, strict=True):
            if problem and not self.skip:
                raise UserError(f"{path} cannot be read ({problem}): delete it, or set data.skip_unreadable: true")
            if problem:
                log(f"{path} is skipped: {problem}")
                self.skipped.append(f"{path.relative_to(self.path)}: {problem}")
                self.sieve.rejected["unreadable"] += 1


def read(task: Files) -> tuple[np.ndarray, list[str | None]]:
    """Open, turn upright, shrink to the short side, crop the centre. Images and, for each, why it could not be read."""
    shape = (len(task.files), task.size, task.size, *((3,) if task.mode == "RGB" else ()))
    images = np.zeros(shape, np.uint8)
    problems: list[str | None] = []
    for number, path in enumerate(task.files):
        try:
            images[number] = _square(path, task.size, task.mode)
            problems.append(None)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            problems.append(str(error).replace(str(path), path.name) or type(error).__name__)
    return images, problems


def _square(path: Path, size: int, mode: str) -> np.ndarray:
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert(mode)
    return np.asarray(ImageOps.fit(upright, (size, size), Image.Resampling.BICUBIC))


def _columns(cut: list[tuple[Path, int]]) -> tuple[tuple[Path, ...], np.ndarray]:
    return tuple(path for path, _ in cut), np.array([number for _, number in cut], dtype=np.int64)


def _classes(path: Path, sieve: Sieve) -> dict[str, list[Path]]:
    """Directory name -> its image files, both sorted; UserError for what cannot be listed or holds no image."""
    directories = [entry for entry in _list(path) if entry.is_dir()]
    if not directories:
        raise UserError(f"{path} holds no directories: data.path must name a folder with one directory per class")
    found = {directory.name: _images(directory, sieve) for directory in directories}
    for name, files in found.items():
        if not files:
            raise UserError(f"class {path / name} holds no image: delete the directory or put images into it")
    return found


def _images(directory: Path, sieve: Sieve) -> list[Path]:
    known, files = Image.registered_extensions(), []
    for entry in _list(directory):
        if entry.is_dir():
            files += _images(entry, sieve)
        elif entry.suffix.lower() in known:
            files.append(entry)
        else:
            sieve.rejected["not an image by its name"] += 1
    return files


def _list(folder: Path) -> list[Path]:
    try:
        return sorted(Path(entry.path) for entry in os.scandir(folder) if not entry.name.startswith("."))
    except FileNotFoundError as error:
        raise UserError(f"data.path: {folder} does not exist") from error
    except OSError as error:
        raise UserError(f"{folder} cannot be listed ({error.strerror}): check data.path and its permissions") from error
