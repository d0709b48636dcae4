"""The class bootstrap: what a score would have been, had other classes of the same kind been drawn for the test.

R times, as many classes as there are are drawn with replacement: from those of the open set, and from the training
classes that are probed. A class drawn w times weighs w. The seed is the list of these classes alone: replicate r of two
runs that were asked about the same classes is of the same ones, also where the runs learned from other images, and the
spread of a difference between runs is that of the differences of replicates.
Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 6.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workflow.evaluating.allpairs import by_class
from workflow.evaluating.closed import ClosedSet
from workflow.evaluating.comparisons import Comparisons
from workflow.evaluating.resampled_all_pairs import ResampledAllPairs
from workflow.evaluating.resampled_pairs import ResampledPairs
from workflow.evaluating.resampled_search import ResampledClosedSet, ResampledGallery, ResampledProbes
from workflow.evaluating.verification import ScoredPairs

REPLICATES = 200


def class_weights(classes: np.ndarray) -> np.ndarray:
    """How often each of `classes` (K,) int64 is drawn in each replicate, int64 (REPLICATES, K).

    Seeded by the classes; whole numbers only, so the same on every machine.
    """
    seed, count = hashlib.sha256(classes.astype("<i8").tobytes()).digest(), len(classes)
    drawn = np.random.default_rng(int.from_bytes(seed)).integers(count, size=(REPLICATES, count))
    places = drawn + count * np.arange(REPLICATES)[:, None]
    return np.bincount(places.ravel(), minlength=REPLICATES * count).reshape(REPLICATES, count)


@dataclass(frozen=True)
class ResampledComparisons:
    """The comparisons of `part`, answered for REPLICATES resamplings of its classes."""

    part: Comparisons

    @cached_property
    def hard_pairs(self) -> ResampledPairs:
        """Look-alike pairs of held-out classes."""
        return self._pairs("hard", self.part.hard_pairs)

    @cached_property
    def random_pairs(self) -> ResampledPairs:
        """Random pairs of held-out classes."""
        return self._pairs("random", self.part.random_pairs)

    @cached_property
    def all_pairs(self) -> ResampledAllPairs:
        """The curve of all pairs of held-out images."""
        arrays = self.part.arrays
        images = by_class(self.part.rows[arrays["all"]], np.searchsorted(self._open, arrays["all_class"]))
        return ResampledAllPairs(self.part.all_pairs, images, self._open_weights[:, :-1])

    @cached_property
    def gallery(self) -> ResampledGallery:
        """Held-out images of classes never trained on."""
        own = np.searchsorted(self._open, self.part.arrays["probe_class"])
        return ResampledGallery(self.part.gallery, ResampledProbes(own, self._open_weights[:, :-1]))

    @cached_property
    def closed(self) -> ResampledClosedSet:
        """Held-out images of training classes, among one training image of each."""
        return ResampledClosedSet(self.part.closed, self._probes)

    @property
    def by_means(self) -> ResampledClosedSet | None:
        """The same probes among the classes' means."""
        return self._by(self.part.by_means)

    @property
    def by_centres(self) -> ResampledClosedSet | None:
        """The same probes among the head's learned centres."""
        return self._by(self.part.by_centres)

    def _by(self, closed: ClosedSet | None) -> ResampledClosedSet | None:
        return None if closed is None else ResampledClosedSet(closed, self._probes)

    @cached_property
    def _open(self) -> np.ndarray:
        return np.sort(self.part.arrays["gallery_class"])

    @cached_property
    def _open_weights(self) -> np.ndarray:
        """Weights of the open-set classes, and behind them a column of ones."""
        weights = class_weights(self._open)
        return np.append(weights, np.ones((len(weights), 1), np.int64), axis=1)

    @cached_property
    def _probes(self) -> ResampledProbes:
        labels, own = np.unique(self.part.arrays["closed_probe_label"], return_inverse=True)
        return ResampledProbes(own, class_weights(labels))

    def _pairs(self, kind: str, pairs: ScoredPairs) -> ResampledPairs:
        first, second = self._class_of_row[self.part.arrays[f"{kind}_pairs"]].T
        weights = self._open_weights
        return ResampledPairs(pairs, weights[:, first] * np.where(pairs.same, 1, weights[:, second]))

    @cached_property
    def _class_of_row(self) -> np.ndarray:
        """Column of weights of every evaluation image.

        A training image that stands second in pairs of a part with but one family has no class in the split, unless a
        same pair tells it: it is given the column of ones, so that its pairs weigh what their first class does.
        """
        arrays = self.part.arrays
        found = np.full(len(self.part.rows), len(self._open))
        for name in ("all", "gallery", "probe"):
            found[arrays[name]] = np.searchsorted(self._open, arrays[f"{name}_class"])
        for kind in ("hard", "random"):
            first, second = arrays[f"{kind}_pairs"][arrays[f"{kind}_same"]].T
            found[second] = found[first]
        return found
