"""Identification over resamplings of the classes: a probe weighs what its class does; galleries stay what they are."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from workflow.cells.records import BANDS
from workflow.evaluating.closed import ClosedSet
from workflow.evaluating.identification import Gallery
from workflow.evaluating.resampled_pairs import divided


@dataclass(frozen=True)
class ResampledProbes:
    """Probes whose class is column `own` (Q,) of `weights` (R, K) int64."""

    own: np.ndarray
    weights: np.ndarray

    def share(self, hits: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
        """The weighed shares (R,) of `hits` (Q,) bool, in those `among` (Q,) bool the probes that are asked about."""
        among = np.ones(len(hits), bool) if among is None else among
        right, asked = (self._by_class(which) for which in (hits & among, among))
        return divided(self.weights @ right, self.weights @ asked)

    def macro(self, hits: np.ndarray) -> np.ndarray:
        """The weighed means (R,) over the classes probed of their shares of `hits` (Q,) bool."""
        asked = self._by_class(np.ones(len(hits), bool))
        shares = np.divide(self._by_class(hits), asked, out=np.zeros(len(asked)), where=asked > 0)
        return divided(self.weights @ shares, self.weights @ (asked > 0).astype(float))

    def _by_class(self, which: np.ndarray) -> np.ndarray:
        return np.bincount(self.own, weights=which, minlength=self.weights.shape[1])


@dataclass(frozen=True)
class ResampledGallery:
    """1:N identification of the `probes` of `gallery`."""

    gallery: Gallery
    probes: ResampledProbes

    def rank(self, k: int, size: int = 0) -> np.ndarray:
        """Shares (R,) of probes with the mate among the first `k`, with `size` distractors."""
        return self.probes.share(self.gallery.closer(size) < k)

    def detected(self, rate: float, size: int = 0) -> np.ndarray:
        """DIR (R,) at a false alarm rate of at most `rate`, with `size` distractors; the mean of both halves."""
        best, columns = self.gallery.best(size), self.gallery.columns
        half = columns.half[columns.own]
        return (self._detected(rate, best[:, 0], half == 0) + self._detected(rate, best[:, 1], half == 1)) / 2

    def _detected(self, rate: float, best: np.ndarray, mated: np.ndarray) -> np.ndarray:
        weights, own, share = self.probes.weights, self.probes.own, Fraction(str(rate))
        unmated = np.flatnonzero(~mated)[np.argsort(-best[~mated], kind="stable")]
        alarms = np.cumsum(weights[:, own[unmated]], axis=1)
        allowed = share.numerator * alarms[:, -1] // share.denominator
        at = np.minimum((alarms <= allowed[:, None]).sum(1), len(unmated) - 1)
        found = self.gallery.columns.mate[mated] > np.maximum(best[mated], best[unmated[at]][:, None])
        weight = weights[:, own[mated]]
        return divided((weight * found).sum(1), weight.sum(1))


@dataclass(frozen=True)
class ResampledClosedSet:
    """Identification of training classes, by the `probes` of `closed`."""

    closed: ClosedSet
    probes: ResampledProbes

    def rank(self, k: int, band: str | None = None) -> np.ndarray:
        """Shares (R,) of probes whose class is among the first `k`: of all, or of the classes of one of BANDS."""
        among = None if band is None else self.closed.bands.band(self.closed.label) == BANDS.index(band)
        return self.probes.share(self.closed.closer < k, among)

    def macro(self) -> np.ndarray:
        """Shares (R,) of probes that are found first, as means over the classes probed."""
        return self.probes.macro(self.closed.closer == 0)
