"""Files that turn out to be equal pictures: all of one class, which is a misreading, or of several, which is a leak."""

import filecmp
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Shared(NamedTuple):
    """Pictures that more than one class has, the images that show them, and files that are equal, two by two."""

    pictures: int
    images: int
    pairs: list[tuple[Path, Path]]


class Pictures:
    """Which picture every file is, told as the files arrive class by class."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.classes = [np.empty(0, np.int64)]
        self.hashes = [np.empty(0, np.uint64)]
        self._number, self._own, self._different = -1, list[Path](), set[int]()

    def add(self, files: Sequence[Path], classes: np.ndarray, hashes: np.ndarray) -> Iterator[list[Path]]:
        """Take files (n) of classes (n,) int64 with the hashes (n,) uint64 of their pictures.

        Yields the files of a class that has ended if there are different ones and all of them are one picture.
        """
        self.files += files
        self.classes.append(classes)
        self.hashes.append(hashes)
        for file, number, picture in zip(files, classes.tolist(), hashes.tolist(), strict=True):
            if number != self._number:
                yield from self.end()
                self._number, self._own, self._different = number, [], set()
            self._own.append(file)
            self._different.add(picture)

    def end(self) -> Iterator[list[Path]]:
        """The same of the class that came last."""
        if len(self._own) > 1 and len(self._different) == 1 and differ(self._own):
            yield self._own

    def shared(self) -> Shared:
        """What classes have in common. A picture that a class has several times counts once, as it is kept once."""
        classes, hashes = np.concatenate(self.classes), np.concatenate(self.hashes)
        order = np.lexsort((np.arange(len(classes)), classes, hashes))
        kept = order[_changes(classes[order]) | _changes(hashes[order])]
        again = np.flatnonzero(~_changes(hashes[kept]))
        pairs = np.stack([kept[again - 1], kept[again]], axis=1)
        pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
        images = np.unique(pairs)
        files = [(self.files[one], self.files[other]) for one, other in pairs.tolist()]
        return Shared(len(np.unique(hashes[images])), len(images), files)


def _changes(values: np.ndarray) -> np.ndarray:
    """Where each of `values` (n,) differs from the one before it, bool (n,); the first one does."""
    return np.concatenate([np.ones(min(len(values), 1), bool), values[1:] != values[:-1]])


def differ(files: Sequence[Path]) -> bool:
    """Whether these files are not copies of one another."""
    return any(not filecmp.cmp(files[0], other, shallow=False) for other in files[1:])
