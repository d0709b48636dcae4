"""What is kept of the images that arrive, and why the rest is not."""

from collections import Counter

import numpy as np


class Sieve:
    """Drops images equal to one that their class already has, and keeps account of every image kept or rejected."""

    def __init__(self) -> None:
        self.rejected: Counter[str] = Counter()
        self._seen: set[tuple[int, int]] = set()
        self._keys: list[np.ndarray] = [np.empty(0, np.int64)]
        self._groups: list[np.ndarray] = [np.empty(0, np.int64)]

    def keep(self, images: np.ndarray, hashes: np.ndarray, keys: np.ndarray, group: int) -> np.ndarray:
        """The images (n, ...) of one group that are new; hashes (n,) uint64 of content, keys (n,) of their class."""
        fresh = np.array([self._new(pair) for pair in zip(keys.tolist(), hashes.tolist(), strict=True)], dtype=bool)
        self.rejected["duplicate in its class"] += int((~fresh).sum())
        self._keys.append(keys[fresh])
        self._groups.append(np.full(int(fresh.sum()), group))
        return np.ascontiguousarray(images[fresh])

    def labels(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Keys of the classes, sorted; class and group of every image kept, int64 (N,)."""
        keys, classes = np.unique(np.concatenate(self._keys), return_inverse=True)
        return keys, classes.astype(np.int64), np.concatenate(self._groups).astype(np.int64)

    def _new(self, pair: tuple[int, int]) -> bool:
        if pair in self._seen:
            return False
        self._seen.add(pair)
        return True
