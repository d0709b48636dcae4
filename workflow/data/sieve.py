"""What is kept of the images that arrive, and why the rest is not."""

import hashlib
from collections import Counter

import numpy as np


def hashes(images: np.ndarray) -> np.ndarray:
    """64-bit content hash of every image, (n,) uint64."""
    digests = b"".join(hashlib.blake2b(image.tobytes(), digest_size=8).digest() for image in images)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


DIM = 32
"""an eighth of white: numbers that use less of their range may have been meant for a smaller one, as 12 bits in 16"""


def dim(images: np.ndarray) -> np.ndarray:
    """Of which of the `images` (n, ...), uint8, no pixel is as bright as DIM, bool (n,)."""
    return images.reshape(len(images), -1).max(axis=1, initial=0) < DIM


class Sieve:
    """Drops images equal to one that their class already has, and keeps account of every image kept or rejected."""

    def __init__(self, rejected: Counter[str] | None = None) -> None:
        self.rejected: Counter[str] = Counter() if rejected is None else rejected
        self._seen: set[tuple[int, int]] = set()
        self._classes: list[np.ndarray] = [np.empty(0, np.int64)]
        self._groups: list[np.ndarray] = [np.empty(0, np.int64)]

    def keep(self, images: np.ndarray, hashes: np.ndarray, classes: np.ndarray, group: int) -> np.ndarray:
        """The images (n, ...) of one group that are new; hashes (n,) uint64 of content, classes (n,) int64."""
        return np.ascontiguousarray(images[self.fresh(hashes, classes, group)])

    def fresh(self, hashes: np.ndarray, classes: np.ndarray, group: int | np.ndarray) -> np.ndarray:
        """Which of such images, of one group or groups (n,) int64, are new, bool (n,)."""
        fresh = np.array([self._new(pair) for pair in zip(classes.tolist(), hashes.tolist(), strict=True)], dtype=bool)
        self.rejected["duplicate in its class"] += int((~fresh).sum())
        self._classes.append(classes[fresh])
        self._groups.append(np.broadcast_to(group, len(fresh))[fresh])
        return fresh

    def labels(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The classes that an image was kept of, sorted; place among them and group of every image, int64 (N,)."""
        kept, places = np.unique(np.concatenate(self._classes), return_inverse=True)
        return kept, places.astype(np.int64), np.concatenate(self._groups).astype(np.int64)

    def _new(self, pair: tuple[int, int]) -> bool:
        if pair in self._seen:
            return False
        self._seen.add(pair)
        return True
