"""Probes against a pool, tile by tile: how many rows come as close as the mate, and how close the closest is.

A rank is 1 + the number of rows of other classes that score at least what the mate scores: ties count against the
probe, so a collapsed embedding has rank-1 0 and not 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workflow.evaluating.cosine import exact, spans

PROBES_AT_ONCE, COLUMNS_AT_ONCE = 512, 4096  # 16 MB of scores


@dataclass(frozen=True)
class Rivals:
    """Per probe and segment of the pool: `closer` (Q, S) rows that reach the mate's score, `best` (Q, S) scores."""

    closer: np.ndarray
    best: np.ndarray


def rivals(
    probe: np.ndarray, pool: np.ndarray, mate: np.ndarray, ends: Sequence[int], own: np.ndarray | None = None
) -> Rivals:
    """Compare `probe` (Q, D) with the segments of `pool` (G, D) that finish at `ends`, ascending; both float16.

    `mate` (Q,) float64 is the score to reach; `own` (Q,) is the column of the probe's mate, which is no rival. An
    empty segment has best -inf. Columns after the last end are not visited.
    """
    closer = np.zeros((len(probe), len(ends)), np.int64)
    best = np.full((len(probe), len(ends)), -np.inf)
    for segment, (start, end) in enumerate(pairwise([0, *ends])):
        for left, right in spans(end - start, COLUMNS_AT_ONCE):
            columns = exact(pool[start + left : start + right]).T
            for first, last in spans(len(probe), PROBES_AT_ONCE):
                scores = exact(probe[first:last]) @ columns
                if own is not None:
                    _hide(scores, own[first:last] - (start + left))
                _tally(scores, mate[first:last], closer[first:last, segment], best[first:last, segment])
    return Rivals(closer, best)


def _hide(scores: np.ndarray, column: np.ndarray) -> None:
    here = np.flatnonzero((column >= 0) & (column < scores.shape[1]))
    scores[here, column[here]] = -np.inf


def _tally(scores: np.ndarray, mate: np.ndarray, closer: np.ndarray, best: np.ndarray) -> None:
    top = scores.max(1)
    np.maximum(best, top, out=best)
    beaten = np.flatnonzero(top >= mate)  # a few per cent of the probes: only their rows need counting
    closer[beaten] += np.count_nonzero(scores[beaten] >= mate[beaten, None], axis=1)
