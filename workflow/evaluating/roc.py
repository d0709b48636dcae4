"""The exact receiver operating characteristic, held as impostor counts at every genuine score.

That is all a verification metric needs, and it lets impostors be counted block by block and forgotten. A pair is
accepted when its similarity exceeds a threshold. Equal similarities are accepted or refused together, so a collapsed
embedding earns nothing.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from workflow.evaluating.score import Score, Unmeasured

FEWEST_FALSE_ACCEPTS = 10  # below this many, the false accept rate at a threshold is a handful of accidents
POINTS = 200


@dataclass(frozen=True)
class Roc:
    """`genuine` (P,) ascending scores; `reaching`, `exceeding` (P,): impostors >= and > each; `impostors`: how many."""

    genuine: np.ndarray
    reaching: np.ndarray
    exceeding: np.ndarray
    impostors: int

    def tar(self, far: float) -> Score:
        """True accept rate of the largest accepted set whose false accept rate is at most `far` (inclusive)."""
        budget = Fraction(str(far)) * self.impostors
        if budget < FEWEST_FALSE_ACCEPTS:
            return self._missing() or Unmeasured(
                f"{self.impostors:,} impostor pairs allow {float(budget):g} false accepts at a rate of {far:g},"
                f" fewer than {FEWEST_FALSE_ACCEPTS}"
            )
        return self._missing() or int(np.count_nonzero(self.reaching <= int(budget))) / len(self.genuine)

    def auc(self) -> Score:
        """Probability that a genuine pair scores above an impostor pair, ties counting half."""
        total = 2 * self.impostors * len(self.genuine)
        return self._missing() or 1 - int(self.reaching.sum() + self.exceeding.sum()) / total

    def eer(self) -> Score:
        """Error rate where the ROC, joined by straight lines, has as many false accepts as false rejects."""
        return self._missing() or self._equal_error()

    def points(self) -> list[list[float]]:
        """At most POINTS pairs [FAR, TAR], evenly spaced in log FAR from ten false accepts to all."""
        if self._missing():
            return []
        start = min(FEWEST_FALSE_ACCEPTS, self.impostors)
        accepted = np.unique(np.geomspace(start, self.impostors, POINTS).round().astype(np.int64))
        hits = np.searchsorted(self.reaching[::-1], accepted, side="right")
        return [[int(k) / self.impostors, int(n) / len(self.genuine)] for k, n in zip(accepted, hits, strict=True)]

    def _equal_error(self) -> float:
        far, tar = self._corners()
        surplus = far + tar - 1  # false accepts less false rejects; never falls along the curve, from -1 to 1
        end = int(np.argmax(surplus >= 0))
        weight = surplus[end - 1] / (surplus[end - 1] - surplus[end])
        return float(far[end - 1] + weight * (far[end] - far[end - 1]))

    def _corners(self) -> tuple[np.ndarray, np.ndarray]:
        _, first = np.unique(self.genuine, return_index=True)
        accepted = len(self.genuine) - np.stack([np.append(first[1:], len(self.genuine)), first], 1)
        false = np.stack(
            [self.exceeding[first], self.reaching[first]], 1
        )  # threshold at a genuine score, then below it
        far, tar = false[::-1].ravel() / self.impostors, accepted[::-1].ravel() / len(self.genuine)
        return np.concatenate([[0.0], far, [1.0]]), np.concatenate([[0.0], tar, [1.0]])

    def _missing(self) -> Unmeasured | None:
        if not len(self.genuine):
            return Unmeasured("no genuine pairs")
        return None if self.impostors else Unmeasured("no impostor pairs")


def roc(similarity: np.ndarray, same: np.ndarray) -> Roc:
    """The ROC of scored pairs: `similarity` (P,) float64, `same` (P,) bool."""
    genuine, impostor = np.sort(similarity[same]), np.sort(similarity[~same])
    return Roc(genuine, *counts(impostor, genuine), len(impostor))


def counts(impostor: np.ndarray, genuine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many of `impostor` (ascending) are >= and how many are > each of `genuine`: two int64 arrays (P,)."""
    reaching = len(impostor) - np.searchsorted(impostor, genuine, side="left")
    exceeding = len(impostor) - np.searchsorted(impostor, genuine, side="right")
    return reaching, exceeding
