"""The scores of embeddings of the field's own evaluation sets, under the sets' names.

Of a gallery, each class is known by the mean of its images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workflow.cells.evaluate_section import EvaluationSet
from workflow.errors import UserError
from workflow.evaluating.cosine import pair_cosines
from workflow.evaluating.identification import Gallery
from workflow.evaluating.means import class_means
from workflow.evaluating.metrics_sets import rows_of
from workflow.evaluating.score import Unmeasured
from workflow.evaluating.verification import ScoredPairs


@dataclass(frozen=True)
class SetComparisons:
    """The embeddings `rows` (n, D) float16 of a set, compared as its questions ask."""

    rows: np.ndarray
    asked: Mapping[str, np.ndarray]

    @cached_property
    def pairs(self) -> ScoredPairs:
        """The pairs of a set that asks whether two images show one person."""
        return ScoredPairs(pair_cosines(self.rows, self.asked["pairs"]), self.asked["same"])

    @cached_property
    def gallery(self) -> Gallery:
        """The probes of a set that asks who an image shows."""
        means = class_means(self.rows[self.asked["gallery"]], self.asked["gallery_class"])
        classes = np.arange(len(means))
        probe, none = self.rows[self.asked["probe"]], np.zeros((0, self.rows.shape[1]), np.float16)
        return Gallery(means, classes, probe, self.asked["probe_class"], none)


def set_scores(
    sets: Sequence[EvaluationSet], arrays: Mapping[str, np.ndarray] | None, reason: str = ""
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Every score of the sets by its name, and why a name is null: all of them, for `reason`, where there are no
    embeddings. UserError where what is stored is of other sets."""
    scores: dict[str, float | None] = {}
    notes: dict[str, str] = {}
    for one in sets:
        compared = None if arrays is None else _compared(one, arrays)
        for name, number, row in rows_of(one.called, one.is_search):
            value = Unmeasured(reason) if compared is None else row.ask(compared, number)
            scores[name] = None if isinstance(value, Unmeasured) else float(value)
            notes |= {name: value.reason} if isinstance(value, Unmeasured) else {}
    return scores, notes


def _compared(one: EvaluationSet, arrays: Mapping[str, np.ndarray]) -> SetComparisons:
    own = {name.partition("/")[2]: array for name, array in arrays.items() if name.startswith(f"{one.called}/")}
    if "rows" not in own or ("gallery" in own) != one.is_search:
        raise UserError(f"the images of {one.called} have not been embedded: embed the cell again")
    return SetComparisons(own.pop("rows"), own)
