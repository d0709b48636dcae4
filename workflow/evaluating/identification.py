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
from typing import Any

import numpy as np

from workflow.evaluating.cosine import row_cosines
from workflow.evaluating.measured import Score, Unmeasured, share
from workflow.evaluating.ranking import rivals

FPIR = 0.01
FEWEST_FALSE_ALARMS = 10


@dataclass(frozen=True)
class Gallery:
    """`images` (G, D) and `probe` (Q, D) float16, `classes` (G,) distinct, `probe_class` (Q,) all among them."""

    images: np.ndarray
    classes: np.ndarray
    probe: np.ndarray
    probe_class: np.ndarray


def identification(task: Gallery, distractors: np.ndarray, sizes: Sequence[int]) -> dict[str, Score]:
    """rank1, rank5, dir@fpir0.01 without distractors and, named ...@size, with the first `size` of `distractors`."""
    sizes = sorted(set(sizes))
    own, mate, half, order = _mates(task)
    ends = [int(np.count_nonzero(half == 0)), len(half)]
    near = rivals(task.probe, task.images[order], mate, ends, own)
    # Sizes that the split cannot fill give empty segments here and are reported as not measured below.
    far = rivals(task.probe, distractors, mate, [min(size, len(distractors)) for size in sizes])
    closer = near.closer.sum(1)
    found = _scores("", closer, near.best, mate, half[own])
    for place, size in enumerate(sizes):
        crowd = closer + far.closer[:, : place + 1].sum(1)
        best = np.maximum(near.best, far.best[:, : place + 1].max(1, keepdims=True))
        scores = _scores(f"@{size}", crowd, best, mate, half[own])
        found |= scores if size <= len(distractors) else dict.fromkeys(scores, _too_few(len(distractors)))
    return found


def rank1(task: Gallery) -> Score:
    """Rank-1 without distractors alone: what a learning curve asks for."""
    own, mate, _, order = _mates(task)
    return share(rivals(task.probe, task.images[order], mate, [len(order)], own).closer.sum(1) == 0, "probes")


def _mates(task: Gallery) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Column of each probe's mate, its score, the half of each column, and the gallery order those columns refer to."""
    by_class = np.argsort(task.classes, kind="stable")
    order = np.concatenate([by_class[0::2], by_class[1::2]])
    half = np.repeat([0, 1], [len(by_class[0::2]), len(by_class[1::2])])
    column = np.empty(len(order), np.int64)
    column[order] = np.arange(len(order))
    own = column[by_class[np.searchsorted(task.classes[by_class], task.probe_class)]]
    return own, row_cosines(task.probe, task.images[order][own]), half, order


def _scores(suffix: str, closer: np.ndarray, best: np.ndarray, mate: np.ndarray, half: np.ndarray) -> dict[str, Score]:
    ranks = {f"rank{k}{suffix}": share(closer < k, "probes") for k in (1, 5)}
    return {**ranks, f"dir@fpir{FPIR:g}{suffix}": _open_set(best, mate, half)}


def _open_set(best: np.ndarray, mate: np.ndarray, half: np.ndarray) -> Score:
    """best (Q, 2): closest rival in either half of the gallery; half (Q,): the half that holds the probe's mate."""
    rates = [_detected(best[:, kept], mate, half == kept) for kept in (0, 1)]
    missing: list[Any] = [rate for rate in rates if isinstance(rate, Unmeasured)]
    return missing[0] if missing else sum(rates) / 2  # type: ignore[arg-type]


def _detected(best: np.ndarray, mate: np.ndarray, mated: np.ndarray) -> Score:
    alarms = np.sort(best[~mated])[::-1]
    allowed = Fraction(str(FPIR)) * len(alarms)
    if allowed < FEWEST_FALSE_ALARMS:
        return Unmeasured(f"{len(alarms):,} unmated probes allow {float(allowed):g} false alarms, fewer than 10")
    threshold = np.maximum(best[mated], alarms[int(allowed)])
    return share(mate[mated] > threshold, "mated probes")


def _too_few(number: int) -> Unmeasured:
    return Unmeasured(f"the split holds only {number:,} distractors")
