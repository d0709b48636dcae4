"""Names, units and number formats: the same in every table, figure and rendering."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workflow.evaluating.metrics import HEADLINE as HEADLINE
from workflow.evaluating.metrics import describe

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Words:
    """How a score is called: a short `label`, a sentence of `description`, and whether "high" or "low" is better."""

    label: str
    description: str
    better: str = "high"


def score_words(name: str) -> Words:
    """The words for a score: its short label, or its name where an older record has a score that is no more."""
    try:
        found = describe(name)
    except KeyError:
        return Words(name, name, "low" if name.endswith(("/eer", "_std")) else "high")
    return Words(found.short, found.description, found.better)


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
