"""All scores of a set of embeddings, under their names; metrics.py says what each name means and how it is computed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from workflow.cells.records import BANDS
from workflow.data.split_file import EVALUATED, Split
from workflow.evaluating.closed import ShotBands
from workflow.evaluating.comparisons import Comparisons
from workflow.evaluating.files import check_unit
from workflow.evaluating.metric import Metric
from workflow.evaluating.metrics import METRICS
from workflow.evaluating.resampled import ResampledComparisons
from workflow.evaluating.score import Unmeasured, Value

CURVE = ("verification_hard/accuracy", "identification/rank1", "closed/rank1")
CURVE_ROWS = ("hard_pairs", "gallery", "probe", "closed_gallery", "closed_probe")


class Scored(NamedTuple):
    """`scores` and `counts` by part and name, `notes`: why a name is null, `curves` of the test part.

    `resamples`: replicates of the test part's scores, float32 numbers, where a resampling of the classes was asked for.
    """

    scores: dict[str, dict[str, float | None]]
    notes: dict[str, str]
    counts: dict[str, dict[str, int]]
    curves: dict[str, list[list[float]]]
    resamples: dict[str, list[float]]


def all_scores(
    embeddings: np.ndarray,
    split: Split,
    centres: np.ndarray | None,
    distractors: Sequence[int],
    means: np.ndarray | None = None,
    *,
    resampled: bool = False,
) -> Scored:
    """Score both parts of `split`, and with `resampled` the test part for resamplings of its classes too.

    `embeddings` (R, D) unit rows aligned with eval_rows, `centres` (L, D) unit rows of the labels learned or None,
    `means` (C, D) unit rows of the closed gallery's classes or None, all used as float16; `distractors`: how many stand
    in the larger galleries of 1:N. UserError for embeddings that are not finite or not of unit length.
    """
    embeddings = _stored(embeddings, "embeddings")
    means = None if means is None or not len(means) else _stored(means, "means")
    known = len(split.arrays["shots"])  # behind these, the labels that noise gave to second halves of split classes
    centres = None if centres is None or not len(centres) else _stored(centres[:known], "centres")
    bands = shot_bands(split)
    parts = {name: Comparisons(embeddings, split.part(name), bands, centres, means, distractors) for name in EVALUATED}
    found = {
        name: {score: row.score(part, number) for score, row, number in _names(distractors)}
        for name, part in parts.items()
    }
    scores = {part: {name: _number(score) for name, score in named.items()} for part, named in found.items()}
    resamples = _resamples(parts["test"], scores["test"], distractors) if resampled else {}
    return Scored(scores, _notes(found), _counts(split), _curves(parts["test"]), resamples)


def no_scores(reason: str, split: Split, distractors: Sequence[int]) -> Scored:
    """The same names, all null with `reason`, for a cell without embeddings: no table gets a hole."""
    names = [name for name, *_ in _names(distractors)]
    scores: dict[str, dict[str, float | None]] = {part: dict.fromkeys(names) for part in EVALUATED}
    return Scored(scores, dict.fromkeys(names, reason), _counts(split), {}, {})


def curve_scores(
    embed: Callable[[np.ndarray], np.ndarray], split: Split, part: str = "validation"
) -> dict[str, float | None]:
    """Three scores of `part` for a learning curve, equal to those of all_scores for the same embeddings.

    `embed` maps positions in eval_rows (n,) int64 to unit rows (n, D) and is called once with every row needed, each
    once. All three are None while embeddings are not finite.
    """
    arrays = split.part(part)
    positions = np.unique(np.concatenate([arrays[name].ravel() for name in CURVE_ROWS]))
    rows = np.asarray(embed(positions))
    if not np.isfinite(rows).all():  # a run about to diverge: the next loss says so, with the step
        return dict.fromkeys(CURVE)
    rows = _stored(rows, "embeddings at a learning-curve point")
    arrays |= {name: np.searchsorted(positions, arrays[name]) for name in CURVE_ROWS}
    compared = Comparisons(rows, arrays | {"distractors": positions[:0]}, shot_bands(split))
    return {name: _number(METRICS[name].score(compared, 0)) for name in CURVE}


def shot_bands(split: Split) -> ShotBands:
    """The bands of a split's training classes by their number of images."""
    return ShotBands(split.arrays["shots"], split.record.shots)


def _names(distractors: Sequence[int]) -> Iterator[tuple[str, Metric, float]]:
    for row in METRICS.values():
        for name, number in row.named(distractors):
            yield name, row, number


def _resamples(
    part: Comparisons, scores: Mapping[str, float | None], distractors: Sequence[int]
) -> dict[str, list[float]]:
    """The replicates of every one of `scores` that was measured."""
    again = ResampledComparisons(part)
    found = {name: row.score(again, number) for name, row, number in _names(distractors) if scores[name] is not None}
    return {name: np.asarray(values, np.float32).tolist() for name, values in found.items()}


def _curves(part: Comparisons) -> dict[str, list[list[float]]]:
    return {
        "roc_hard": part.hard_pairs.roc.points(),
        "roc_all": part.all_pairs.points(),
        "shots": part.closed.by_shots(),
    }


def _counts(split: Split) -> dict[str, dict[str, int]]:
    return {part: _part_counts(split.part(part), shot_bands(split)) for part in EVALUATED}


def _part_counts(arrays: Mapping[str, np.ndarray], bands: ShotBands) -> dict[str, int]:
    probes = np.bincount(bands.band(arrays["closed_probe_label"]), minlength=len(BANDS))
    _, images = np.unique(arrays["all_class"], return_counts=True)
    genuine = int((images * (images - 1) // 2).sum())
    return {
        **{f"{kind}_pairs": len(arrays[f"{kind}_pairs"]) for kind in ("hard", "random")},
        **{f"{kind}_genuine": int(arrays[f"{kind}_same"].sum()) for kind in ("hard", "random")},
        "all_images": len(arrays["all"]),
        "all_genuine": genuine,
        "all_impostors": len(arrays["all"]) * (len(arrays["all"]) - 1) // 2 - genuine,
        **{name: len(arrays[name]) for name in ("gallery", "probe", "closed_gallery", "closed_probe", "distractors")},
        **{f"closed_probe_{band}": int(number) for band, number in zip(BANDS, probes, strict=True)},
    }


def _stored(rows: np.ndarray, what: str) -> np.ndarray:
    rows = np.asarray(rows).astype(np.float16)
    check_unit(rows, what)
    return rows


def _number(score: Value) -> float | None:
    return None if isinstance(score, Unmeasured) else float(score)


def _notes(found: Mapping[str, Mapping[str, Value]]) -> dict[str, str]:
    notes: dict[str, list[str]] = {}
    for part, named in found.items():
        for name, score in named.items():
            if isinstance(score, Unmeasured):
                notes.setdefault(name, []).append(f"{part}: {score.reason}")
    return {name: _joined(reasons) for name, reasons in notes.items()}


def _joined(reasons: Sequence[str]) -> str:
    bare = {reason.partition(": ")[2] for reason in reasons}
    return bare.pop() if len(reasons) == len(EVALUATED) and len(bare) == 1 else "; ".join(reasons)
