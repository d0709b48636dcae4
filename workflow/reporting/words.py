"""Names, units and number formats: the same in every table, figure and rendering."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

NOT_MEASURED = "not measured"

HEADLINE = (
    "verification_hard/accuracy",
    "identification/rank1",
    "closed/rank1",
    "closed/rank1/few",
)
"""The scores a reader is shown first, and whose differences are tested."""


@dataclass(frozen=True)
class Words:
    """How a score is called: a short `label`, a sentence of `description`, and whether "high" or "low" is better."""

    label: str
    description: str
    better: str = "high"


_KNOWN = {
    "verification_hard/accuracy": Words("Hard pairs", "10-fold accuracy on look-alike pairs, unseen classes"),
    "verification_random/accuracy": Words("Random pairs", "10-fold accuracy on random pairs, unseen classes"),
    "identification/rank1": Words("1:N rank-1", "unseen classes found first in a gallery without distractors"),
    "closed/rank1": Words("ID", "training classes found by one gallery image a class, on unseen images"),
    "closed/rank1/many": Words("ID many", "the same for classes with many training images"),
    "closed/rank1/medium": Words("ID medium", "the same for classes with a medium number of training images"),
    "closed/rank1/few": Words("ID few", "the same for classes with few training images"),
    "closed/macro": Words("ID, class mean", "the same, every class counted once"),
    "centres/rank1": Words("ID by centres", "training classes found by the head's learned centres: another question"),
}

_DISTRACTORS = re.compile(r"identification/rank(\d+)@(\d+)")
_TAR = re.compile(r"(?:verification_(hard|random)|allpairs)/tar@(.+)")


@cache
def score_words(name: str) -> Words:
    """The words for a score: this report's own short ones, else the evaluation's, else the score's name."""
    if name in _KNOWN:
        return _KNOWN[name]
    if match := _DISTRACTORS.fullmatch(name):
        rank, count = match[1], number(int(match[2]), 1)
        return Words(f"1:N rank-{rank} +{count}", f"unseen classes among the first {rank}, with {count} distractors")
    if match := _TAR.fullmatch(name):
        pairs = {"hard": "hard pairs", "random": "random pairs"}.get(match[1], "all pairs")
        kind = {"hard": "Hard", "random": "Random"}.get(match[1], "All-pairs")
        return Words(
            f"{kind} TAR at FAR {match[2]}", f"same-class pairs accepted at a false-accept rate of {match[2]}, {pairs}"
        )
    try:
        from workflow.evaluating.scores import describe

        found = describe(name)
        return Words(str(found.label), str(found.description), str(getattr(found, "better", "high")))
    except (ImportError, KeyError, ValueError, AttributeError, TypeError):
        better = "low" if name.endswith(("/eer", "_std")) else "high"
        return Words(name, name, better)


def row_name(label: str, ratio: float | str) -> str:
    """How a table row is called: the head's label, with its ratio unless that is 1."""
    return label if float(ratio) == 1 else f"{label} r {float(ratio):g}"


def points(value: float | None, digits: int = 1) -> str:
    """A share as percent points without the sign: 0.9534 -> 95.3."""
    return NOT_MEASURED if value is None else f"{100 * value:.{digits}f}"


def signed_points(value: float | None) -> str:
    """A difference in percent points with its sign, a real minus: -0.012 -> −1.2."""
    if value is None:
        return NOT_MEASURED
    points = round(100 * value, 1)
    return f"{points:+.1f}".replace("-", "−") if points else "0.0"


def number(value: float | None, digits: int = 3) -> str:
    """A quantity to `digits` significant figures, thousands separated by a narrow space that does not break."""
    if value is None:
        return NOT_MEASURED
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.{digits}g}"


def size(count: float | None) -> str:
    """Bytes with a binary unit: 1536 -> 1.5 KiB."""
    if count is None:
        return NOT_MEASURED
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{number(count)} {unit}"
        count /= 1024
    return f"{number(count)} TiB"


def duration(seconds: float | None) -> str:
    """Seconds as `47 s`, `3 min 20 s` or `2 h 5 min`."""
    if seconds is None:
        return NOT_MEASURED
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def spread_words(score: Mapping[str, Any], show: Callable[[float], str] = points) -> str:
    """The spread beside a mean: nothing for one value, both values for two, the 95 % interval from three on."""
    if score["n"] < 2:
        return "1 seed" if score["n"] else ""
    if score["n"] == 2:
        return f"{show(score['min'])}–{show(score['max'])}"
    return f"{show(score['low'])}–{show(score['high'])}"


def seeds_words(n: int) -> str:
    """`1 seed` or `3 seeds`."""
    return f"{n} seed" if n == 1 else f"{n} seeds"


def classes_words(count: int) -> str:
    """A class count with narrow spaces: 100000 -> 100 000 classes."""
    return f"{number(count, 1)} classes"
