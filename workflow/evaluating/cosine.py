"""Inner products of stored embeddings, exact to the last bit.

Embeddings are stored as float16. A product of two such numbers is a multiple of 2^-48, and a sum of them whose size
stays below 2^5 fits float64's 53 bits, so float64 adds them without any rounding. The order of the additions, the
BLAS, the number of threads and the block size therefore cannot change a score, ties are true ties, and no metric
needs a tolerance.
"""

from collections.abc import Iterator

import numpy as np

PAIRS_AT_ONCE = 4096


def exact(rows: np.ndarray) -> np.ndarray:
    """float16 rows (n, D) of at most unit length as float64, in which their inner products are exact."""
    if rows.dtype != np.float16:
        raise TypeError(f"inner products are exact for float16 rows only, not for {rows.dtype}")
    return rows.astype(np.float64)


def pair_cosines(embeddings: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Similarity (P,) float64 of the pairs (P, 2) of rows of `embeddings` (R, D) float16."""
    found = np.empty(len(pairs))
    for first, last in spans(len(pairs), PAIRS_AT_ONCE):
        left, right = pairs[first:last].T
        found[first:last] = row_cosines(embeddings[left], embeddings[right])
    return found


def row_cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Similarity (n,) float64 of row i of `left` with row i of `right`, both (n, D) float16."""
    return np.einsum("nd,nd->n", exact(left), exact(right))


def spans(total: int, size: int) -> Iterator[tuple[int, int]]:
    """(first, last) of consecutive stretches of at most `size` that cover range(total)."""
    for first in range(0, total, size):
        yield first, min(first + size, total)
