"""Same class or not? Ten-fold accuracy by the LFW protocol, and the error rates of the same pairs.

Huang et al. 2007, "Labeled Faces in the Wild", view 2: a threshold is chosen on nine tenths and judged on the last.
Fold f is the f-th tenth, in stored order, of the same-class pairs together with the f-th tenth of the others: LFW's
own layout of 300 + 300 pairs a fold, in whatever order the file holds them. Candidate thresholds are all midpoints
between neighbouring similarities of the nine folds and the two ends, i.e. the exact best threshold; the first maximum
from the strict side is taken, as common code does with ascending distances. Common code tries 400 fixed distances
instead and can miss the best one in the second decimal.
"""

from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, pstdev

import numpy as np

from workflow.evaluating.roc import Roc, roc
from workflow.evaluating.score import Score, Unmeasured

FOLDS = 10


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs of images: `similarity` (P,) float64 and whether they are of the `same` class (P,) bool."""

    similarity: np.ndarray
    same: np.ndarray

    @cached_property
    def roc(self) -> Roc:
        """The curve of all pairs."""
        return roc(self.similarity, self.same)

    @cached_property
    def fold_accuracies(self) -> list[float] | Unmeasured:
        """The share of pairs judged rightly in each fold, by the threshold that is best on the other nine."""
        fewest = min(np.count_nonzero(self.same), np.count_nonzero(~self.same))
        if fewest < FOLDS:
            return Unmeasured(f"{fewest} pairs of one kind are fewer than the {FOLDS} folds")
        fold = folds(self.same)
        return [_judge(self.similarity, self.same, fold == held_out) for held_out in range(FOLDS)]

    def accuracy(self) -> Score:
        """Mean of the folds' accuracies."""
        found = self.fold_accuracies
        return found if isinstance(found, Unmeasured) else fmean(found)

    def accuracy_std(self) -> Score:
        """Standard deviation of the folds' accuracies (over the ten, dividing by ten)."""
        found = self.fold_accuracies
        return found if isinstance(found, Unmeasured) else pstdev(found)


def folds(same: np.ndarray) -> np.ndarray:
    """The fold (P,) int64 in 0..9 of each pair: consecutive tenths of each kind, sizes differing by one at most."""
    fold = np.empty(len(same), np.int64)
    for kind in (same, ~same):
        number = np.count_nonzero(kind)
        fold[kind] = np.arange(number) * FOLDS // number
    return fold


def best_threshold(similarity: np.ndarray, same: np.ndarray) -> float:
    """The highest threshold t for which `similarity > t` agrees with `same` most often."""
    values, place = np.unique(similarity, return_inverse=True)
    gain = np.bincount(place, weights=np.where(same, 1.0, -1.0))
    accepted = int(np.argmax(np.concatenate([[0.0], np.cumsum(gain[::-1])])))  # distinct values above the threshold
    edges = np.concatenate([[values[0] - 1], (values[1:] + values[:-1]) / 2, [values[-1] + 1]])
    return float(edges[len(values) - accepted])


def _judge(similarity: np.ndarray, same: np.ndarray, held_out: np.ndarray) -> float:
    threshold = best_threshold(similarity[~held_out], same[~held_out])
    right = (similarity[held_out] > threshold) == same[held_out]
    return int(np.count_nonzero(right)) / len(right)
