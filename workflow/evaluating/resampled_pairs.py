"""Verification over resamplings of the classes: pairs weigh what their classes do, and every score is computed anew.

A same pair of class c weighs w(c), a different pair of c and d weighs w(c) w(d), as if every pair stood that often in
the list, in the fold that it has. Accuracy, its thresholds, AUC, error rates: all exactly what the plain code gives for
that list.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from workflow.evaluating.roc import Roc
from workflow.evaluating.verification import FOLDS, ScoredPairs, folds


@dataclass(frozen=True)
class ResampledRoc:
    """Curves of R resamplings: `plain`, and at its genuine pairs, ascending, their weights and the impostors' counts.

    genuine, reaching, exceeding (R, G) int64: weight of each genuine pair, and of all impostors >= and > it; impostors
    (R,) the weight of all impostors. Where impostors are not resampled, the latter three have one row instead of R.
    """

    plain: Roc
    genuine: np.ndarray
    reaching: np.ndarray
    exceeding: np.ndarray
    impostors: np.ndarray

    def tar(self, far: float) -> np.ndarray:
        """True accept rates (R,) of the largest accepted sets whose false accept rate is at most `far`."""
        rate = Fraction(str(far))
        budget = rate.numerator * self.impostors // rate.denominator
        accepted = self.genuine * (self.reaching <= budget[:, None])
        return divided(accepted.sum(1), self.genuine.sum(1))

    def auc(self) -> np.ndarray:
        """Probabilities (R,) that a genuine pair scores above an impostor pair, ties counting half."""
        lost = (self.genuine * (self.reaching + self.exceeding)).sum(1)
        return 1 - divided(lost, 2 * self.impostors * self.genuine.sum(1))

    def eer(self) -> np.ndarray:
        """Error rates (R,) where the curves have as many false accepts as false rejects."""
        size = np.broadcast_shapes(self.genuine.shape, self.reaching.shape)
        reaching, exceeding = (np.broadcast_to(counts, size) for counts in (self.reaching, self.exceeding))
        impostors = np.broadcast_to(self.impostors, len(self.genuine))
        return np.array(list(map(self._equal_error, self.genuine, reaching, exceeding, impostors.tolist())))

    @cached_property
    def _first(self) -> np.ndarray:
        return np.unique(self.plain.genuine, return_index=True)[1]

    def _equal_error(self, genuine: np.ndarray, reaching: np.ndarray, exceeding: np.ndarray, impostors: int) -> float:
        total, first = genuine.sum(), self._first
        if not (total and impostors):
            return np.nan
        below = np.append(np.concatenate([[0], np.cumsum(genuine)])[first], total)
        accepted = total - np.stack([below[1:], below[:-1]], 1)
        far = np.concatenate([[0.0], np.stack([exceeding[first], reaching[first]], 1)[::-1].ravel() / impostors, [1.0]])
        surplus = far + np.concatenate([[0.0], accepted[::-1].ravel() / total, [1.0]]) - 1
        end = int(np.argmax(surplus >= 0))
        weight = surplus[end - 1] / (surplus[end - 1] - surplus[end])
        return float(far[end - 1] + weight * (far[end] - far[end - 1]))


@dataclass(frozen=True)
class ResampledPairs:
    """`pairs` with the `weight` (R, P) int64 of each in every resampling."""

    pairs: ScoredPairs
    weight: np.ndarray

    @cached_property
    def roc(self) -> ResampledRoc:
        """The curves of all pairs."""
        same, similarity = self.pairs.same, self.pairs.similarity
        genuine, impostor = (
            self.weight[:, kind][:, np.argsort(similarity[kind], kind="stable")] for kind in (same, ~same)
        )
        above = running_sums(impostor[:, ::-1])  # (R, I + 1): weight of the k highest impostors
        plain = self.pairs.roc
        return ResampledRoc(plain, genuine, above[:, plain.reaching], above[:, plain.exceeding], above[:, -1])

    def accuracy(self) -> np.ndarray:
        """Means (R,) of the folds' accuracies."""
        return np.nanmean(self._fold_accuracies, axis=0)

    def accuracy_std(self) -> np.ndarray:
        """Standard deviations (R,) of the folds' accuracies."""
        return np.nanstd(self._fold_accuracies, axis=0)

    @cached_property
    def _fold_accuracies(self) -> np.ndarray:
        """Accuracy (FOLDS, R) of each fold by the threshold that is best on the other nine; nan where it is empty."""
        order = np.argsort(-self.pairs.similarity, kind="stable")
        similarity, same, fold = self.pairs.similarity[order], self.pairs.same[order], folds(self.pairs.same)[order]
        weight = self.weight[:, order]
        gain = np.where(same, weight, -weight)  # what accepting a pair adds to the pairs judged rightly
        return np.array([_judged(similarity, gain, weight, fold == number) for number in range(FOLDS)])


def divided(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole as float64, nan where there is nothing to divide by."""
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole != 0)


def running_sums(values: np.ndarray) -> np.ndarray:
    """Sums (R, n + 1) of the first 0 .. n of `values` (R, n)."""
    sums = np.zeros((len(values), values.shape[1] + 1), np.int64)
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _judged(similarity: np.ndarray, gain: np.ndarray, weight: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Accuracy (R,) on the pairs `held_out` (P,) by the best threshold of the rest; pairs in descending similarity."""
    known = np.flatnonzero(~held_out)
    present = weight[:, known] > 0
    ends = _ends(similarity[known])
    sums = running_sums(gain[:, known])[:, ends]
    best = np.argmax(sums, axis=1)  # the strictest of equally good thresholds
    thresholds = [_threshold(similarity[known], there, ends[end]) for there, end in zip(present, best, strict=True)]
    own = np.flatnonzero(held_out)
    accepted = np.searchsorted(-similarity[own], -np.array(thresholds), side="left")  # how many exceed the threshold
    right = np.take_along_axis(running_sums(gain[:, own]), accepted[:, None], axis=1)[:, 0]
    refused = np.where(gain[:, own] < 0, weight[:, own], 0).sum(1)
    return divided(right + refused, weight[:, own].sum(1))


def _ends(similarity: np.ndarray) -> np.ndarray:
    """How many pairs may be accepted: none, or all down to the last one of a value; `similarity` descends."""
    return np.concatenate([[0], 1 + np.flatnonzero(similarity[1:] != similarity[:-1]), [len(similarity)]])


def _threshold(similarity: np.ndarray, present: np.ndarray, accepted: int) -> float:
    """Midway between the `accepted` highest and what is `present` (n,) bool below them; 1 beyond all at the ends."""
    below = accepted + int(np.argmax(present[accepted:])) if accepted < len(present) else 0
    if accepted and present[below] and below >= accepted:
        return float((similarity[accepted - 1] + similarity[below]) / 2)
    there = similarity[present]
    return (there[-1] - 1 if accepted else there[0] + 1) if len(there) else np.inf
