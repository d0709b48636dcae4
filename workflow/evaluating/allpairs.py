"""Every pair of a set of images, scored: n(n-1)/2 pairs reach false accept rates that 6,000 chosen pairs cannot.

Genuine pairs are few and kept; impostors are sorted a block at a time, counted against the genuine scores and
dropped. The result is exact and memory is one block plus the genuine pairs, whatever the number of images.
"""

import numpy as np

from workflow.evaluating.cosine import exact, spans
from workflow.evaluating.roc import Roc, counts

SCORES_AT_ONCE = 2_000_000  # 16 MB


def allpairs_roc(embeddings: np.ndarray, classes: np.ndarray) -> Roc:
    """The exact ROC of all unordered pairs of rows of `embeddings` (A, D) float16 with `classes` (A,)."""
    order = np.argsort(classes, kind="stable")
    rows, classes = exact(embeddings[order]), classes[order]
    start = np.searchsorted(classes, classes, side="left")
    end = np.searchsorted(classes, classes, side="right")
    genuine = _genuine(rows, np.unique(start), np.unique(end))
    reaching, exceeding = np.zeros(len(genuine), np.int64), np.zeros(len(genuine), np.int64)
    for first, last in spans(len(rows), max(1, SCORES_AT_ONCE // max(1, len(rows)))):
        more = counts(_impostors(rows, first, last, end), genuine)
        reaching += more[0]
        exceeding += more[1]
    return Roc(genuine, reaching, exceeding, int((len(rows) - end).sum()))


def _genuine(rows: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    parts = [np.empty(0)]
    for start, end in zip(starts, ends, strict=True):
        own = rows[start:end]
        parts.append((own @ own.T)[np.triu_indices(len(own), 1)])
    return np.sort(np.concatenate(parts))


def _impostors(rows: np.ndarray, first: int, last: int, end: np.ndarray) -> np.ndarray:
    scores = rows[first:last] @ rows[first:].T
    # Rows are sorted by class: from the end of its own class on, every column of a row is an impostor not met before.
    skipped = scores[:, : end[last - 1] - first]
    skipped[np.arange(first, end[last - 1])[None] < end[first:last, None]] = -np.inf
    flat = scores.ravel()
    flat.sort()
    return flat
