"""Look-alikes: for every class the five others whose mean images are nearest, minus those too alike to be told apart.

Of more than SEARCHED classes those spread evenly over all are searched, and the others have none: what is asked of
look-alikes, that they are among the thousands of classes of an open set, does not need all of millions.

Images are compared after pooling to 16 x 16, where a stroke still shows and a shift of one pixel matters little.
Hygiene: a neighbour is dropped (-1) where the two classes have, in one group (font face), images that correlate by more
than .97 at full size. That covers characters with equal bitmaps: a label error, not a hard question.
"""

import numpy as np

from workflow.console import log
from workflow.data.images import Images

NEIGHBOURS = 5
SEARCHED = 100_000  # classes at most that are compared with each other: the time goes with the square
TOO_ALIKE = 0.97  # normalised cross-correlation of two images of one face
SCREEN = 0.93  # the same after pooling, below which full size is not looked at
POOLED = 16
GRAIN = 4000  # steps in which a unit vector is counted
ROWS = 8192  # images at a time
BLOCK = 512  # classes at a time
PER_GROUP = 4  # images of a class and group that hygiene compares: all of them but in a folder of large classes


def look_alikes(images: Images, classes: np.ndarray, groups: np.ndarray, small: np.ndarray | None = None) -> np.ndarray:
    """The nearest other classes, int64 (A, 5), most similar first; -1 where hygiene drops one, there are fewer, or the
    class was not searched.

    images: uint8 (N, H, W) or (N, H, W, 3), may be memory-mapped; classes, groups: int64 (N,), classes 0..A-1; small:
    the images pooled, where that is known.
    """
    small = pooled(images) if small is None else small
    means = _means(small, classes)
    searched = np.linspace(0, len(means) - 1, min(len(means), SEARCHED)).round().astype(np.int64)
    if len(searched) < len(means):
        log(f"look-alikes are sought among {len(searched):,} of the {len(means):,} classes")
    found = _nearest(means[searched])
    near = np.where(found >= 0, searched[found], -1)
    pairs = np.stack([np.repeat(searched, NEIGHBOURS), near.ravel()], axis=1)
    unique, place = np.unique(np.sort(pairs, axis=1), axis=0, return_inverse=True)
    alike = _too_alike(unique, images, small, classes, groups)
    nearest = np.full((len(means), NEIGHBOURS), -1)
    nearest[searched] = np.where(alike[place.ravel()].reshape(near.shape), -1, near)
    return nearest


def pooled(images: Images) -> np.ndarray:
    """Grey, 16 x 16 and flat: uint8 (N, 256); smaller images keep their size."""
    size = images.shape[1]
    side = min(POOLED, size)
    edges = np.arange(side + 1) * size / side
    starts, ends = np.maximum(edges[:-1, None], np.arange(size)), np.minimum(edges[1:, None], np.arange(1, size + 1))
    shares = (np.maximum(ends - starts, 0) * side / size).astype(np.float32)  # (side, size): of each bin, by pixel
    small = np.empty((len(images), side * side), np.uint8)
    for start in range(0, len(images), ROWS):
        chunk = images[start : start + ROWS].astype(np.float32)
        chunk = chunk.mean(axis=3) if chunk.ndim == 4 else chunk
        small[start : start + ROWS] = (shares @ chunk @ shares.T).round().reshape(len(chunk), -1)
    return small


def _means(small: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Standardised mean image of every class as whole numbers, float32 (A, 256).

    With GRAIN ** 2 < 2 ** 24 their inner products are exact whatever the order of summation: every machine and any
    number of threads finds the same neighbours. Correlations are then right to about 1e-4.
    """
    counts = np.bincount(classes)
    sums = np.zeros((len(counts), small.shape[1]))
    order = np.argsort(classes, kind="stable")
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        present, first = np.unique(classes[rows], return_index=True)
        sums[present] += np.add.reduceat(small[rows], first, axis=0, dtype=np.float64)
    return (GRAIN * _standard(sums / counts[:, None])).round().astype(np.float32)


def _standard(x: np.ndarray) -> np.ndarray:
    """Rows of zero mean and unit length: their inner products are correlations."""
    x = x - x.mean(axis=1, keepdims=True)
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def _nearest(means: np.ndarray) -> np.ndarray:
    """Blockwise, so that the (A, A) matrix never exists; of equally near classes the first."""
    nearest = np.full((len(means), NEIGHBOURS), -1)
    for start in range(0, len(means), BLOCK):
        scores = means[start : start + BLOCK] @ means.T
        rows = np.arange(len(scores))
        scores[rows, start + rows] = -np.inf
        for column in range(min(NEIGHBOURS, len(means) - 1)):
            best = scores.argmax(axis=1)
            nearest[start + rows, column] = best
            scores[rows, best] = -np.inf
    return nearest


def _too_alike(
    pairs: np.ndarray, images: Images, small: np.ndarray, classes: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """Which pairs of classes (P, 2) have images of one group that correlate by more than TOO_ALIKE, bool (P,)."""
    alike = np.zeros(len(pairs), dtype=bool)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        table = _table(rows, classes[rows], classes.max() + 1)
        for left in table.T:
            for right in table.T:
                a, b = left[pairs[:, 0]], right[pairs[:, 1]]
                left_over = np.flatnonzero((a >= 0) & (b >= 0) & ~alike & (pairs[:, 0] >= 0))
                for stack, limit in ((small, SCREEN), (images, TOO_ALIKE)):
                    left_over = left_over[_correlation(stack, a[left_over], b[left_over]) > limit]
                alike[left_over] = True
    return alike


def _table(rows: np.ndarray, classes: np.ndarray, count: int) -> np.ndarray:
    """Up to PER_GROUP of `rows` for each class, int64 (count, k), -1 where a class has fewer."""
    order = np.argsort(classes, kind="stable")
    rank = np.arange(len(rows)) - np.searchsorted(classes[order], classes[order])
    table = np.full((count, min(PER_GROUP, rank.max() + 1)), -1)
    keep = rank < PER_GROUP
    table[classes[order][keep], rank[keep]] = rows[order][keep]
    return table


def _correlation(stack: Images, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlation of images stack[a] and stack[b], float32 (len(a),)."""
    scores = np.empty(len(a), np.float32)
    for start in range(0, len(a), ROWS):
        rows = slice(start, start + ROWS)
        left, right = (_standard(stack[x[rows]].reshape(len(x[rows]), -1).astype(np.float32)) for x in (a, b))
        scores[rows] = np.einsum("ij,ij->i", left, right)
    return scores
