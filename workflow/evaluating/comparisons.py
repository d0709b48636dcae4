"""What the scores of one part of a split are computed from: pairs, curves and ranks, each made once, when first asked.

A metric is a number of one of these; its row in metrics.py says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workflow.evaluating.allpairs import allpairs_roc
from workflow.evaluating.closed import ClosedSet, ShotBands, closer_classes
from workflow.evaluating.cosine import pair_cosines
from workflow.evaluating.identification import Gallery
from workflow.evaluating.roc import Roc
from workflow.evaluating.verification import ScoredPairs


@dataclass(frozen=True)
class Comparisons:
    """One part's embeddings compared in every way that a metric asks for.

    `rows` (R, D) float16 unit rows, to which `arrays` (those of the part) point; `centres` (C, D) float16 unit rows,
    or None where the head learns none; `means` (C', D) float16 unit rows, one of each class of the closed gallery, or
    None where there are none; `sizes`: numbers of distractors behind the 1:N gallery.
    """

    rows: np.ndarray
    arrays: Mapping[str, np.ndarray]
    bands: ShotBands
    centres: np.ndarray | None = None
    means: np.ndarray | None = None
    sizes: Sequence[int] = ()

    @cached_property
    def hard_pairs(self) -> ScoredPairs:
        """Look-alike pairs of held-out classes."""
        return self._pairs("hard")

    @cached_property
    def random_pairs(self) -> ScoredPairs:
        """Random pairs of held-out classes."""
        return self._pairs("random")

    @cached_property
    def all_pairs(self) -> Roc:
        """The curve of all pairs of held-out images."""
        return allpairs_roc(self._rows("all"), self.arrays["all_class"])

    @cached_property
    def gallery(self) -> Gallery:
        """Held-out images of classes never trained on, among one image of each and the distractors."""
        classes, probe_class = self.arrays["gallery_class"], self.arrays["probe_class"]
        distractors = self._rows("distractors")
        return Gallery(self._rows("gallery"), classes, self._rows("probe"), probe_class, distractors, self.sizes)

    @cached_property
    def closed(self) -> ClosedSet:
        """Held-out images of training classes, among one training image of each."""
        by_label = np.argsort(self.arrays["closed_gallery_label"], kind="stable")
        return self._closed(self.rows[self.arrays["closed_gallery"][by_label]])

    @cached_property
    def by_centres(self) -> ClosedSet | None:
        """The same probes among the head's learned class centres, if it has any."""
        return None if self.centres is None else self._closed(self.centres)

    @cached_property
    def by_means(self) -> ClosedSet | None:
        """The same probes among the classes' means, if they are known."""
        return None if self.means is None else self._closed(self.means)

    def _rows(self, name: str) -> np.ndarray:
        return self.rows[self.arrays[name]]

    def _pairs(self, kind: str) -> ScoredPairs:
        return ScoredPairs(pair_cosines(self.rows, self.arrays[f"{kind}_pairs"]), self.arrays[f"{kind}_same"])

    def _closed(self, by_label: np.ndarray) -> ClosedSet:
        label = self.arrays["closed_probe_label"]
        return ClosedSet(closer_classes(self._rows("closed_probe"), label, by_label), label, self.bands)
