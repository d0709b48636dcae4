"""Every pair of a set of images, scored: n(n-1)/2 pairs reach false accept rates that 6,000 chosen pairs cannot.

Genuine pairs are few and kept; impostors are sorted a block at a time, counted against the genuine scores and
dropped. The result is exact and memory is one block plus the genuine pairs, whatever the number of images.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from workflow.evaluating.cosine import exact, spans
from workflow.evaluating.roc import Roc, counts

SCORES_AT_ONCE = 2_000_000  # 16 MB


class ByClass(NamedTuple):
    """Images in order of class: `rows` (A, D) float64, `classes` (A,), and where each row's class starts and ends."""

    rows: np.ndarray
    classes: np.ndarray
    start: np.ndarray
    end: np.ndarray


class Impostors(NamedTuple):
    """Pairs of different classes (n,), highest `score` first: the classes of both."""

    score: np.ndarray
    one: np.ndarray
    other: np.ndarray


def by_class(embeddings: np.ndarray, classes: np.ndarray) -> ByClass:
    """Sort `embeddings` (A, D) float16 by their `classes` (A,)."""
    order = np.argsort(classes, kind="stable")
    classes = classes[order]
    sides = (np.searchsorted(classes, classes, side=side) for side in ("left", "right"))
    return ByClass(exact(embeddings[order]), classes, *sides)


def allpairs_roc(embeddings: np.ndarray, classes: np.ndarray) -> Roc:
    """The exact ROC of all unordered pairs of rows of `embeddings` (A, D) float16 with `classes` (A,)."""
    images = by_class(embeddings, classes)
    genuine = np.sort(genuine_pairs(images)[0])
    reaching, exceeding = np.zeros(len(genuine), np.int64), np.zeros(len(genuine), np.int64)
    for first, last in _blocks(images):
        flat = _impostors(images, first, last).ravel()
        flat.sort()
        more = counts(flat, genuine)
        reaching += more[0]
        exceeding += more[1]
    return Roc(genuine, reaching, exceeding, int((len(images.rows) - images.end).sum()))


def genuine_pairs(images: ByClass) -> tuple[np.ndarray, np.ndarray]:
    """Score and class (P,) of every pair of one class."""
    scores, classes = [np.empty(0)], [images.classes[:0]]
    for start, end in zip(np.unique(images.start), np.unique(images.end), strict=True):
        own = images.rows[start:end]
        scores.append((own @ own.T)[np.triu_indices(len(own), 1)])
        classes.append(np.repeat(images.classes[start], len(scores[-1])))
    return np.concatenate(scores), np.concatenate(classes)


def strongest_impostors(images: ByClass, least: float) -> Impostors:
    """Every pair of different classes that scores at least `least`."""
    scores, left, right = [np.empty(0)], [images.classes[:0]], [images.classes[:0]]
    for first, last in _blocks(images):
        block = _impostors(images, first, last)
        one, other = np.nonzero(block >= least)
        scores.append(block[one, other])
        left.append(images.classes[first + one])
        right.append(images.classes[first + other])
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return Impostors(*(np.concatenate(parts)[order] for parts in (scores, left, right)))


def _blocks(images: ByClass) -> Iterator[tuple[int, int]]:
    return spans(len(images.rows), max(1, SCORES_AT_ONCE // max(1, len(images.rows))))


def _impostors(images: ByClass, first: int, last: int) -> np.ndarray:
    """Scores of rows first .. last - 1 with all rows from `first` on; -inf where it is no impostor or met before."""
    scores = images.rows[first:last] @ images.rows[first:].T
    # Rows are sorted by class: from the end of its own class on, every column of a row is an impostor not met before.
    skipped = scores[:, : images.end[last - 1] - first]
    skipped[np.arange(first, images.end[last - 1])[None] < images.end[first:last, None]] = -np.inf
    return scores
