"""All scores of a set of embeddings, under their names; metrics.py says what each name means."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from workflow.evaluating import closed
from workflow.evaluating.allpairs import allpairs, allpairs_roc
from workflow.evaluating.closed import Tail
from workflow.evaluating.cosine import pair_cosines
from workflow.evaluating.files import PARTS, SPLIT_ARRAYS, check_unit
from workflow.evaluating.identification import Gallery, identification, rank1
from workflow.evaluating.measured import Score, Unmeasured, share
from workflow.evaluating.roc import roc
from workflow.evaluating.verification import accuracy, verification

Arrays = Mapping[str, np.ndarray]
CURVE = ("verification_hard/accuracy", "identification/rank1", "closed/rank1")
CURVE_ROWS = ("hard_pairs", "gallery", "probe", "closed_gallery", "closed_probe")
NO_CENTRES = Unmeasured("the head learns no class centres")


class Scored(NamedTuple):
    """`scores` and `counts` by part and name, `notes`: why a name is null, `curves` of the test part."""

    scores: dict[str, dict[str, float | None]]
    notes: dict[str, str]
    counts: dict[str, dict[str, int]]
    curves: dict[str, list[list[float]]]


def all_scores(
    embeddings: np.ndarray, arrays: Arrays, centres: np.ndarray | None, tail: Tail, distractors: Sequence[int]
) -> Scored:
    """Score both parts of a split.

    `embeddings` (R, D) unit rows aligned with eval_rows, `arrays` those of split.npz, `centres` (C, D) unit rows or
    None, both used as float16; `distractors`: sizes of the crowd for 1:N. UserError for embeddings that are not
    finite or not of unit length.
    """
    embeddings = _stored(embeddings, "embeddings")
    centres = None if centres is None or not len(centres) else _stored(centres, "centres")
    found, curves = {}, {}
    for part in PARTS:
        found[part], curves = _part(embeddings, _of_part(arrays, part), centres, tail, distractors)
    scores = {part: {name: _number(score) for name, score in named.items()} for part, named in found.items()}
    return Scored(scores, _notes(found), {part: _counts(_of_part(arrays, part), tail) for part in PARTS}, curves)


def unscored(reason: str, arrays: Arrays, tail: Tail, distractors: Sequence[int]) -> Scored:
    """The same names, all null with `reason`, for a cell without embeddings: no table gets a hole."""
    empty = {name: arrays[name][:0] for name in SPLIT_ARRAYS}
    scores, *_ = all_scores(np.zeros((0, 1), np.float16), empty, None, tail, distractors)
    notes = dict.fromkeys(scores["test"], reason)
    return Scored(scores, notes, {part: _counts(_of_part(arrays, part), tail) for part in PARTS}, {})


def curve_scores(
    embed: Callable[[np.ndarray], np.ndarray], split: Any, part: str = "validation"
) -> dict[str, float | None]:
    """Three scores of `part` for a learning curve, equal to those of all_scores for the same embeddings.

    `embed` maps positions in eval_rows (n,) int64 to unit rows (n, D) and is called once with every row needed, each
    once. `split` is a mapping from array names to arrays, or has one as `.arrays`.
    """
    arrays = _of_part(getattr(split, "arrays", split), part)
    positions = np.unique(np.concatenate([arrays[name].ravel() for name in CURVE_ROWS]))
    rows = np.asarray(embed(positions))
    if not np.isfinite(rows).all():  # a run about to diverge: the next loss says so, with the step
        return dict.fromkeys(CURVE)
    rows = _stored(rows, "embeddings at a learning-curve point")
    arrays |= {name: np.searchsorted(positions, arrays[name]) for name in CURVE_ROWS}
    found: tuple[Score, ...] = (
        accuracy(pair_cosines(rows, arrays["hard_pairs"]), arrays["hard_same"])["accuracy"],
        rank1(_gallery(rows, arrays)),
        share(_closed(rows, arrays) == 0, "probes"),
    )
    return {name: _number(score) for name, score in zip(CURVE, found, strict=True)}


def _part(
    rows: np.ndarray, arrays: Arrays, centres: np.ndarray | None, tail: Tail, sizes: Sequence[int]
) -> tuple[dict[str, Score], dict[str, list[list[float]]]]:
    hard, random = (pair_cosines(rows, arrays[f"{kind}_pairs"]) for kind in ("hard", "random"))
    every = allpairs_roc(rows[arrays["all"]], arrays["all_class"])
    label, probe = arrays["closed_probe_label"], rows[arrays["closed_probe"]]
    closer = _closed(rows, arrays)
    by_centres = closed.by_centres(
        closer if centres is None else closed.closer_classes(probe, label, centres), label, tail
    )
    groups: dict[str, dict[str, Score]] = {
        "verification_hard": verification(hard, arrays["hard_same"]),
        "verification_random": verification(random, arrays["random_same"]),
        "allpairs": allpairs(every),
        "identification": identification(_gallery(rows, arrays), rows[arrays["distractors"]], sizes),
        "closed": closed.by_gallery(closer, label, tail),
        "centres": by_centres if centres is not None else dict.fromkeys(by_centres, NO_CENTRES),
    }
    curves = {
        "roc_hard": roc(hard, arrays["hard_same"]).points(),
        "roc_all": every.points(),
        "shots": closed.by_shots(closer, label, tail),
    }
    return {f"{group}/{name}": score for group, named in groups.items() for name, score in named.items()}, curves


def _gallery(rows: np.ndarray, arrays: Arrays) -> Gallery:
    return Gallery(rows[arrays["gallery"]], arrays["gallery_class"], rows[arrays["probe"]], arrays["probe_class"])


def _closed(rows: np.ndarray, arrays: Arrays) -> np.ndarray:
    by_label = rows[arrays["closed_gallery"][np.argsort(arrays["closed_gallery_label"], kind="stable")]]
    return closed.closer_classes(rows[arrays["closed_probe"]], arrays["closed_probe_label"], by_label)


def _counts(arrays: Arrays, tail: Tail) -> dict[str, int]:
    band = np.bincount(tail.band(arrays["closed_probe_label"]), minlength=len(closed.BANDS))
    _, images = np.unique(arrays["all_class"], return_counts=True)
    genuine = int((images * (images - 1) // 2).sum())
    return {
        **{f"{kind}_pairs": len(arrays[f"{kind}_pairs"]) for kind in ("hard", "random")},
        **{f"{kind}_genuine": int(arrays[f"{kind}_same"].sum()) for kind in ("hard", "random")},
        "all_images": len(arrays["all"]),
        "all_genuine": genuine,
        "all_impostors": len(arrays["all"]) * (len(arrays["all"]) - 1) // 2 - genuine,
        **{name: len(arrays[name]) for name in ("gallery", "probe", "closed_gallery", "closed_probe", "distractors")},
        **{f"closed_probe_{name}": int(number) for name, number in zip(closed.BANDS, band, strict=True)},
    }


def _of_part(arrays: Arrays, part: str) -> dict[str, np.ndarray]:
    own = {name.removeprefix(f"{part}_"): arrays[name] for name in SPLIT_ARRAYS if name.startswith(f"{part}_")}
    return {**own, "distractors": arrays["distractors"]}


def _stored(rows: np.ndarray, what: str) -> np.ndarray:
    rows = np.asarray(rows).astype(np.float16)
    check_unit(rows, what)
    return rows


def _number(score: Score) -> float | None:
    return None if isinstance(score, Unmeasured) else score


def _notes(found: Mapping[str, Mapping[str, Score]]) -> dict[str, str]:
    notes: dict[str, list[str]] = {}
    for part, named in found.items():
        for name, score in named.items():
            if isinstance(score, Unmeasured):
                notes.setdefault(name, []).append(f"{part}: {score.reason}")
    return {name: _joined(reasons) for name, reasons in notes.items()}


def _joined(reasons: Sequence[str]) -> str:
    bare = {reason.partition(": ")[2] for reason in reasons}
    return bare.pop() if len(reasons) == len(PARTS) and len(bare) == 1 else "; ".join(reasons)
