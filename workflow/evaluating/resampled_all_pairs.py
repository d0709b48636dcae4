"""The all-pairs curve over resamplings of the classes.

At strict rates a threshold lies among the strongest impostors. These few are kept with their classes and weighed anew
in every resampling: exact. At loose rates, and for the equal error rate, that would mean to weigh millions of pairs two
hundred times. There the impostors stay those of the sample, and the threshold, and only genuine pairs are weighed.
The spread then lacks the share of the impostors, which is small where millions of them decide.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workflow.evaluating.allpairs import ByClass, genuine_pairs, strongest_impostors
from workflow.evaluating.resampled_pairs import ResampledRoc, running_sums
from workflow.evaluating.roc import Roc

STRICT = 0.001  # the loosest false accept rate whose threshold is found anew
MARGIN = 4  # impostors kept, in those that the rate allows: no resampling needs so many


@dataclass(frozen=True)
class ResampledAllPairs:
    """The `plain` curve of `images`, whose classes are columns of `weights` (R, K) int64."""

    plain: Roc
    images: ByClass
    weights: np.ndarray

    def tar(self, far: float) -> np.ndarray:
        """True accept rates (R,) at a false accept rate of at most `far`."""
        return (self._strict if far <= STRICT else self._held).tar(far)

    def auc(self) -> np.ndarray:
        """Probabilities (R,) that a genuine pair scores above one of the sample's impostors."""
        return self._held.auc()

    def eer(self) -> np.ndarray:
        """Equal error rates (R,) with the sample's impostors."""
        return self._held.eer()

    @cached_property
    def _genuine(self) -> np.ndarray:
        scores, classes = genuine_pairs(self.images)
        return self.weights[:, classes[np.argsort(scores, kind="stable")]]

    @cached_property
    def _held(self) -> ResampledRoc:
        plain = self.plain
        impostors = np.array([plain.impostors])
        return ResampledRoc(plain, self._genuine, plain.reaching[None], plain.exceeding[None], impostors)

    @cached_property
    def _strict(self) -> ResampledRoc:
        """Genuine pairs that more impostors reach than are kept count as reached by all."""
        plain, impostors = self.plain, self._impostors()
        kept = plain.reaching <= MARGIN * STRICT * plain.impostors
        reaching, exceeding = (np.repeat(impostors[:, None], len(kept), axis=1) for _ in range(2))
        if kept.any():
            strongest = strongest_impostors(self.images, float(plain.genuine[kept][0]))
            for row, weights in enumerate(self.weights):
                above = running_sums((weights[strongest.one] * weights[strongest.other])[None])[0]
                reaching[row, kept], exceeding[row, kept] = above[plain.reaching[kept]], above[plain.exceeding[kept]]
        return ResampledRoc(plain, self._genuine, reaching, exceeding, impostors)

    def _impostors(self) -> np.ndarray:
        """Weight (R,) of all pairs of different classes."""
        own = self.weights * np.bincount(self.images.classes, minlength=self.weights.shape[1])
        return (own.sum(1) ** 2 - (own**2).sum(1)) // 2
