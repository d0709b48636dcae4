"""Which training class is it? New images of the classes trained on, found among all of them.

By gallery: against one training image of every class, a question every head can answer. By centres: against the class
vectors that a head has learned; a different question, easier for common classes, so it has its own names and is never
compared with the other. Shares are over probes; `macro` is the mean over classes. many/medium/few go by a class's
number of training images.
"""

from dataclasses import dataclass
from statistics import fmean

import numpy as np

from workflow.evaluating.cosine import row_cosines
from workflow.evaluating.measured import Score, Unmeasured, share
from workflow.evaluating.ranking import rivals

BANDS = ("many", "medium", "few")


@dataclass(frozen=True)
class Tail:
    """`shots` (C,): training images of each label; many from `many` images on, medium from `medium`, else few."""

    shots: np.ndarray
    many: int
    medium: int

    def band(self, label: np.ndarray) -> np.ndarray:
        """Index into BANDS (n,) of each of `label` (n,)."""
        shots = self.shots[label]
        return np.where(shots >= self.many, 0, np.where(shots >= self.medium, 1, 2))


def closer_classes(probe: np.ndarray, label: np.ndarray, by_label: np.ndarray) -> np.ndarray:
    """How many other rows of `by_label` (C, D) score at least what row `label` scores with `probe` (Q, D); float16."""
    mate = row_cosines(probe, by_label[label])
    return rivals(probe, by_label, mate, [len(by_label)], label).closer[:, 0]


def by_gallery(closer: np.ndarray, label: np.ndarray, tail: Tail) -> dict[str, Score]:
    """rank1, rank5, rank1/many, /medium, /few and macro."""
    return {
        **by_centres(closer, label, tail),
        "rank5": share(closer < 5, "probes"),
        "macro": _macro(closer == 0, label),
    }


def by_centres(closer: np.ndarray, label: np.ndarray, tail: Tail) -> dict[str, Score]:
    """rank1, rank1/many, /medium, /few."""
    band, right = tail.band(label), closer == 0
    bands = {f"rank1/{name}": share(right[band == i], f"probes of {name}-shot classes") for i, name in enumerate(BANDS)}
    return {"rank1": share(right, "probes"), **bands}


def by_shots(closer: np.ndarray, label: np.ndarray, tail: Tail) -> list[list[float]]:
    """[training images, probes, rank-1] for every number of training images that occurs among the probes' classes."""
    shots, place = np.unique(tail.shots[label], return_inverse=True)
    probes = np.bincount(place, minlength=len(shots))
    right = np.bincount(place[closer == 0], minlength=len(shots))
    return [[int(s), int(n), int(r) / int(n)] for s, n, r in zip(shots, probes, right, strict=True)]


def _macro(right: np.ndarray, label: np.ndarray) -> Score:
    if not len(label):
        return Unmeasured("no probes")
    _, place = np.unique(label, return_inverse=True)
    return fmean(np.bincount(place, weights=right) / np.bincount(place))
