"""Who is it? 1:N identification of classes never trained on, one gallery image each, amid distractors.

Closed set: rank-1 and rank-5 among the gallery, then with ever more distractors behind it (as MegaFace does). Open
set: half of the gallery's classes, every second one by class index, is removed, so that half of the probes have no
mate; then the other half; the score is the mean of both ways. DIR@FPIR: share of mated probes whose mate comes first
and above the threshold that lets the given share of unmated probes raise a false alarm (the largest such set, ties
refused together).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from workflow.evaluating.cosine import row_cosines
from workflow.evaluating.ranking import Rivals, rivals
from workflow.evaluating.score import Score, Unmeasured, share

FEWEST_FALSE_ALARMS = 10


class Columns(NamedTuple):
    """The gallery in the order in which it is compared, the first half of the classes before the second.

    `order` (G,) are gallery rows, `half` (G,) is 0 or 1, `own` (Q,) the column of each probe's mate and `mate` (Q,)
    float64 its score.
    """

    order: np.ndarray
    half: np.ndarray
    own: np.ndarray
    mate: np.ndarray


@dataclass(frozen=True)
class Gallery:
    """`images` (G, D) of distinct `classes` (G,), and `probe` (Q, D) of `probe_class` (Q,), all among them.

    Behind the gallery stand the first `sizes[i]` of `distractors` (N, D). All embeddings are float16 unit rows.
    """

    images: np.ndarray
    classes: np.ndarray
    probe: np.ndarray
    probe_class: np.ndarray
    distractors: np.ndarray
    sizes: Sequence[int] = ()

    def rank(self, k: int, size: int = 0) -> Score:
        """The share of probes with the mate among the first `k`, with `size` distractors (0, or one of `sizes`)."""
        return self._too_few(size) or self._certain(k, size) or share(self.closer(size) < k, "probes")

    def detected(self, rate: float, size: int = 0) -> Score:
        """DIR at a false alarm rate of at most `rate`, with `size` distractors (0, or one of `sizes`)."""
        if missing := self._too_few(size):
            return missing
        best, half = self.best(size), self.columns.half[self.columns.own]
        first, second = (self._detected(rate, best[:, kept], half == kept) for kept in (0, 1))
        if isinstance(first, Unmeasured):
            return first
        return second if isinstance(second, Unmeasured) else (first + second) / 2

    @cached_property
    def columns(self) -> Columns:
        """Where the mate of each probe stands in the gallery, and how near it is."""
        by_class = np.argsort(self.classes, kind="stable")
        order = np.concatenate([by_class[0::2], by_class[1::2]])
        half = np.repeat([0, 1], [len(by_class[0::2]), len(by_class[1::2])])
        column = np.empty(len(order), np.int64)
        column[order] = np.arange(len(order))
        own = column[by_class[np.searchsorted(self.classes[by_class], self.probe_class)]]
        return Columns(order, half, own, row_cosines(self.probe, self.images[order][own]))

    @cached_property
    def _near(self) -> Rivals:
        """The gallery's two halves against every probe."""
        order, half, own, mate = self.columns
        return rivals(self.probe, self.images[order], mate, [int(np.count_nonzero(half == 0)), len(half)], own)

    @cached_property
    def _far(self) -> Rivals:
        """The distractors against every probe, from each of `sizes` that the split can fill to the next."""
        ends = [min(size, len(self.distractors)) for size in self._ascending]
        return rivals(self.probe, self.distractors, self.columns.mate, ends)

    @cached_property
    def _ascending(self) -> list[int]:
        return sorted(set(self.sizes))

    def closer(self, size: int) -> np.ndarray:
        """How many rivals (Q,) come at least as near to a probe as its mate, with `size` distractors."""
        near = self._near.closer.sum(1)
        return near + self._far.closer[:, : self._segments(size)].sum(1) if size else near

    def best(self, size: int) -> np.ndarray:
        """The best score (Q, 2) of a rival in either half of the gallery or among `size` distractors."""
        near = self._near.best
        return np.maximum(near, self._far.best[:, : self._segments(size)].max(1, keepdims=True)) if size else near

    def _segments(self, size: int) -> int:
        return self._ascending.index(size) + 1

    def _detected(self, rate: float, best: np.ndarray, mated: np.ndarray) -> Score:
        """DIR where the `mated` (Q,) bool probes have their mate in the gallery; `best` (Q,): best rival's score."""
        alarms = np.sort(best[~mated])[::-1]
        allowed = Fraction(str(rate)) * len(alarms)
        if allowed < FEWEST_FALSE_ALARMS:
            return Unmeasured(f"{len(alarms):,} unmated probes allow {float(allowed):g} false alarms, fewer than 10")
        threshold = np.maximum(best[mated], alarms[int(allowed)])
        return share(self.columns.mate[mated] > threshold, "mated probes")

    def _certain(self, k: int, size: int) -> Unmeasured | None:
        among = len(self.classes) + size
        return Unmeasured(f"each of {among:,} classes is among the first {k}") if among <= k else None

    def _too_few(self, size: int) -> Unmeasured | None:
        number = len(self.distractors)
        return Unmeasured(f"the split holds only {number:,} distractors") if size > number else None
