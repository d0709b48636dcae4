"""Which training class is it? New images of the classes trained on, found among all of them.

By gallery: against one training image of every class, a question every head can answer. By centres: against the class
vectors that a head has learned; a different question, easier for common classes, so it has its own names and is never
compared with the other. Shares are over probes; `macro` is the mean over classes. many/medium/few go by a class's
number of training images.
"""

from dataclasses import dataclass
from statistics import fmean

import numpy as np

from workflow.cells.records import BANDS, ShotLimits
from workflow.data.shots import band_of
from workflow.evaluating.cosine import row_cosines
from workflow.evaluating.ranking import rivals
from workflow.evaluating.score import Score, Unmeasured, share


@dataclass(frozen=True)
class ShotBands:
    """Training classes by their number of images: `shots` (C,) images of each label, and where the bands begin."""

    shots: np.ndarray
    limits: ShotLimits

    def band(self, label: np.ndarray) -> np.ndarray:
        """Index into BANDS (n,) of each of `label` (n,)."""
        return band_of(self.shots[label], self.limits)


@dataclass(frozen=True)
class ClosedSet:
    """Probes with the `label` (Q,) of each, and how many other classes came at least as `closer` (Q,) as its own."""

    closer: np.ndarray
    label: np.ndarray
    bands: ShotBands

    def rank(self, k: int, band: str | None = None) -> Score:
        """The share of probes whose own class is among the first `k`: of all, or of the classes of one of BANDS."""
        right = self.closer < k
        if band is None:
            return share(right, "probes")
        return share(right[self.bands.band(self.label) == BANDS.index(band)], f"probes of {band}-shot classes")

    def macro(self) -> Score:
        """The share of probes that are found first, as the mean over the classes probed."""
        if not len(self.label):
            return Unmeasured("no probes")
        _, place = np.unique(self.label, return_inverse=True)
        return fmean(np.bincount(place, weights=self.closer == 0) / np.bincount(place))

    def by_shots(self) -> list[list[float]]:
        """[training images, probes, rank-1] for every number of training images of the probes' classes."""
        shots, place = np.unique(self.bands.shots[self.label], return_inverse=True)
        probes = np.bincount(place, minlength=len(shots))
        right = np.bincount(place[self.closer == 0], minlength=len(shots))
        return [[int(s), int(n), int(r) / int(n)] for s, n, r in zip(shots, probes, right, strict=True)]


def closer_classes(probe: np.ndarray, label: np.ndarray, by_label: np.ndarray) -> np.ndarray:
    """How many other rows of `by_label` (C, D) score at least what row `label` scores with `probe` (Q, D); float16."""
    mate = row_cosines(probe, by_label[label])
    return rivals(probe, by_label, mate, [len(by_label)], label).closer[:, 0]
