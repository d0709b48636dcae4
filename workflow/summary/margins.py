"""The margin of every score: the difference that this project calls practically nothing.

No one number serves all scores: over seeds a head's hard-pair accuracy varies by .4 points, its true-accept rate at
1e-4 by 2, its AUC over all pairs by less than .01.
"""

from fnmatch import fnmatchcase
from functools import cache
from typing import Final

USUAL: Final = 0.005
"""Half a point: accuracies, and shares of probes found first."""
MARGINS: Final = {
    "*/accuracy_std": 0.002,
    "verification_random/auc": 0.0005,
    "verification_random/*": 0.001,
    "verification_hard/auc": 0.0025,
    "verification_hard/tar@0.1": 0.01,
    "verification_hard/tar@*": 0.03,
    "allpairs/auc": 0.0005,
    "allpairs/eer": 0.0005,
    "allpairs/tar@0.1": 0.001,
    "allpairs/tar@0.01": 0.001,
    "allpairs/tar@0.001": 0.003,
    "allpairs/tar@0.0001": 0.02,
    "allpairs/tar@*": 0.03,
    "identification/dir@*": 0.02,
    "*/rank5*": 0.0025,
    "*/many": 0.01,
    "centres/*": 0.01,
}
"""Patterns of score names with their margins as shares, the first that fits counts; `USUAL` for all others."""


@cache
def margin_of(score: str) -> float:
    """The margin of a score, a share from 0 to 1: 0.005 is half a point."""
    return next((margin for pattern, margin in MARGINS.items() if fnmatchcase(score, pattern)), USUAL)
