"""Images that turn out to be equal: all of one class, which is a misreading, or of several, which is a leak."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np


class Shared(NamedTuple):
    """Pictures that more than one class has, the images that show them, and images that are equal, two by two."""

    pictures: int
    images: int
    pairs: list[tuple[int, int]]


class Pictures:
    """Which picture every image is, told as they arrive class by class; `differ` says of images, by their numbers,
    whether their bytes are not all the same."""

    def __init__(self, differ: Callable[[Sequence[int]], bool]) -> None:
        self.differ = differ
        self.images = [np.empty(0, np.int64)]
        self.classes = [np.empty(0, np.int64)]
        self.hashes = [np.empty(0, np.uint64)]
        self._number, self._own, self._different = -1, list[int](), set[int]()

    def add(self, images: np.ndarray, classes: np.ndarray, hashes: np.ndarray) -> Iterator[list[int]]:
        """Take images (n,) int64 of classes (n,) int64 with the hashes (n,) uint64 of their pictures.

        Yields the images of a class that has ended if there are different ones and all of them are one picture.
        """
        self.images.append(images)
        self.classes.append(classes)
        self.hashes.append(hashes)
        for image, number, picture in zip(images.tolist(), classes.tolist(), hashes.tolist(), strict=True):
            if number != self._number:
                yield from self.end()
                self._number, self._own, self._different = number, [], set()
            self._own.append(image)
            self._different.add(picture)

    def end(self) -> Iterator[list[int]]:
        """The same of the class that came last."""
        if len(self._own) > 1 and len(self._different) == 1 and self.differ(self._own):
            yield self._own

    def shared(self) -> Shared:
        """What classes have in common. A picture that a class has several times counts once, as it is kept once."""
        classes, hashes = np.concatenate(self.classes), np.concatenate(self.hashes)
        order = np.lexsort((np.arange(len(classes)), classes, hashes))
        kept = order[_changes(classes[order]) | _changes(hashes[order])]
        again = np.flatnonzero(~_changes(hashes[kept]))
        pairs = np.stack([kept[again - 1], kept[again]], axis=1)
        pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
        images, numbers = np.unique(pairs), np.concatenate(self.images)
        named = [(one, other) for one, other in numbers[pairs].tolist()]
        return Shared(len(np.unique(hashes[images])), len(images), named)


def _changes(values: np.ndarray) -> np.ndarray:
    """Where each of `values` (n,) differs from the one before it, bool (n,); the first one does."""
    return np.concatenate([np.ones(min(len(values), 1), bool), values[1:] != values[:-1]])
