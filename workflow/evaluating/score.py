"""A score is a share between 0 and 1, or the reason why there is none: no metric guesses or leaves a hole."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Unmeasured:
    """Stands where a number would; `reason` is a clause that a reader understands beside an empty table cell."""

    reason: str


Score = float | Unmeasured
Value = Score | np.ndarray
"""a score of the sample, or its replicates (R,) float64, one for each resampling of the classes"""


def share(hits: np.ndarray, what: str) -> Score:
    """The share of true entries of `hits` (n,) bool, or Unmeasured("no <what>") if there are no entries."""
    if not len(hits):
        return Unmeasured(f"no {what}")
    return int(np.count_nonzero(hits)) / len(hits)
