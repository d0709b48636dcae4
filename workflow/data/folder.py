"""Your own images: one directory per class, any files that Pillow opens, as torchvision's ImageFolder lays them out."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from workflow.cells.data_section import Data
from workflow.console import log, progress
from workflow.data.equal import Pictures, Shared
from workflow.data.reading import Files, is_image, read, read_all
from workflow.data.sieve import Sieve, hashes
from workflow.data.walk import Entry, walk
from workflow.errors import UserError
from workflow.names import path_of, shown, text_of

CHUNK = 256  # files in one task
FEWEST = 6  # classes: two each to train on, for validation and for test
LISTED = 1000  # pairs of equal files that the manifest names


class Folder:
    """Reads a directory of class directories. Implements store.Supply."""

    def __init__(self, data: Data, jobs: int) -> None:
        self.path, self.jobs, self.skip = path_of(data.path or ""), jobs, data.skip_unreadable
        self.size, self.mode, self.ground = data.size, {"grey": "L", "rgb": "RGB"}[data.colour], data.ground
        self.sieve, self.pictures = Sieve(), Pictures()
        self.skipped: list[str] = []
        self.one_picture: list[str] = []
        self.shared = Shared(0, 0, [])
        self.suffixes = Counter[str]()
        self.found = self._classes()

    def chunks(self) -> Iterator[np.ndarray]:
        """Kept images, uint8 (n, size, size) or (n, size, size, 3), in the order of class and file name."""
        files = [(path, number) for number, paths in enumerate(self.found.values()) for path in paths]
        tasks = [self._task(files[start : start + CHUNK]) for start in range(0, len(files), CHUNK)]
        results = progress(read_all(tasks, self.jobs), f"reading {shown(self.path)}", total=len(tasks), unit="chunks")
        for task, (images, problems) in zip(tasks, results, strict=True):
            yield self._kept(task, images, problems)
        for same in self.pictures.end():
            self._doubt(same)

    def labels(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Directory names, class of every image, and group 0; UserError if too few classes are left."""
        kept, classes, groups = self.sieve.labels()
        names = list(self.found)
        for lost in sorted(set(range(len(names))) - set(kept.tolist())):
            log(f"class {shown(names[lost])} is left out: none of its files could be read")
        if len(kept) < FEWEST:
            raise UserError(
                f"{shown(self.path)} has {len(kept)} classes that can be read: at least {FEWEST} are needed"
            )
        self._warn_of_leaks()
        return [names[number] for number in kept], classes, groups

    def record(self) -> dict[str, object]:
        """One group and one source, the folder; files that were skipped, and those that are equal pictures."""
        own = {"package": None, "version": None, "licence": None}
        name, path = text_of(self.path.name), text_of(self.path)
        group = {"name": name, "family": name, "file": path, "part": None, **own}
        source = {"package": path, "version": None, "sha256": None, "licence": None}
        pairs = [[self._within(file) for file in pair] for pair in self.shared.pairs[:LISTED]]
        return {
            "groups": [group | {"index": None, "weight": None}],
            "sources": [source | {"status": "ok", "reason": None}],
            "rejected": dict(self.sieve.rejected),
            "skipped": self.skipped,
            "one_picture": self.one_picture,
            "shared": {"pictures": self.shared.pictures, "images": self.shared.images, "pairs": pairs},
            "render": {"size": self.size, "mode": self.mode, "ground": self.ground},
        }

    def _classes(self) -> dict[str, list[Path]]:
        """Directory name -> its image files, both sorted; UserError where there are none."""
        tree = walk(self.path)
        if not tree.classes:
            where = shown(self.path)
            raise UserError(f"{where} holds no directories: data.path must name a folder with one directory per class")
        self.sieve.rejected.update(tree.left_out)
        for entry in chain(tree.beside, *tree.classes.values()):
            if entry.problem:
                self._skip(entry.path, entry.problem)
        self.sieve.rejected.update("in no class" for entry in tree.beside if is_image(entry))
        found = {name: self._images(name, entries) for name, entries in tree.classes.items()}
        if self.suffixes:
            kinds = ", ".join(f"{number:,} with {suffix}" for suffix, number in self.suffixes.most_common(5))
            log(f"files that are no images by their names: {kinds}")
        return found

    def _images(self, name: str, entries: list[Entry]) -> list[Path]:
        """The image files of a class."""
        files = [entry.path for entry in entries if is_image(entry)]
        if not files and not any(entry.problem for entry in entries):
            where = shown(self.path / name)
            raise UserError(f"class {where} holds no image: delete the directory or put images into it")
        others = [entry.path for entry in entries if not entry.problem and not is_image(entry)]
        self.sieve.rejected.update("not an image by its name" for _ in others)
        self.suffixes.update(shown(path.suffix) or "no suffix" for path in others)
        return files

    def _task(self, files: list[tuple[Path, int]]) -> Files:
        paths, numbers = zip(*files, strict=True)
        return Files(paths, np.array(numbers, dtype=np.int64), self.size, self.mode, self.ground)

    def _kept(self, task: Files, images: np.ndarray, problems: list[str | None]) -> np.ndarray:
        """The images of a task that could be read and are new to their class."""
        for path, problem in zip(task.files, problems, strict=True):
            if problem:
                self._skip(path, f"cannot be read ({problem})")
        good = np.array([problem is None for problem in problems])
        files = [path for path, problem in zip(task.files, problems, strict=True) if problem is None]
        prints = hashes(images[good])
        for same in self.pictures.add(files, task.classes[good], prints):
            self._doubt(same)
        return self.sieve.keep(images[good], prints, task.classes[good], 0)

    def _skip(self, path: Path, problem: str) -> None:
        """Leave out what cannot be read; UserError unless the config asks for that."""
        if not self.skip:
            raise UserError(f"{shown(path)} {problem}: delete it, or set data.skip_unreadable: true")
        log(f"{shown(path)} is skipped: it {problem}")
        self.skipped.append(f"{shown(self._within(path))}: {problem}")
        self.sieve.rejected["unreadable"] += 1

    def _doubt(self, files: list[Path]) -> None:
        """Of a class whose different files all are one picture; UserError unless the config asks to go on."""
        name = files[0].relative_to(self.path).parts[0]
        image = read(self._task([(files[0], 0)]))[0]
        plain = f" with {image.min()} in every pixel" if image.min() == image.max() else ""
        said = f"class {shown(self.path / name)}: its {len(files)} different files all become one picture{plain}"
        if not self.skip:
            raise UserError(
                f"{said}: set another data.ground if they are transparent, raise data.size if they differ in details, "
                "keep one of them if they show the same, or set data.skip_unreadable: true to have it kept once"
            )
        log(f"{said}, which is kept once")
        self.one_picture.append(text_of(name))

    def _warn_of_leaks(self) -> None:
        self.shared = self.pictures.shared()
        if self.shared.pictures:
            one, other = map(self._within, self.shared.pairs[0])
            log(
                f"pictures in more than one class: {self.shared.pictures:,}, the first in {shown(one)} and "
                f"{shown(other)}; each is a wrong label, and a leak where only one of its classes is trained on"
            )

    def _within(self, path: Path) -> str:
        return text_of(path.relative_to(self.path))
