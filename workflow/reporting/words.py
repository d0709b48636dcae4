"""Units and number formats: the same in every table, figure and rendering."""

from collections.abc import Callable
from dataclasses import replace

from workflow.evaluating.metrics import METRICS, Metric, describe
from workflow.summary.statistics import Spread

NOT_MEASURED = "not measured"
NOT_RECORDED = "not recorded"


def metric(name: str) -> Metric:
    """The row of a score; one made of its name where an older record has a score that is no more, after all others."""
    try:
        return describe(name)
    except KeyError:
        unknown = Metric(name, "", name, name, name, order=(len(METRICS), 0.0))
        return replace(unknown, better="low") if name.endswith(("/eer", "_std")) else unknown


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


def count(value: int) -> str:
    """A whole number with narrow spaces: 100000 -> 100 000."""
    return number(value, 1)


def size(byte_count: float | None) -> str:
    """Bytes with a binary unit: 1536 -> 1.5 KiB."""
    if byte_count is None:
        return NOT_MEASURED
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(byte_count) < 1024:
            return f"{number(byte_count)} {unit}"
        byte_count /= 1024
    return f"{number(byte_count)} TiB"


def duration(seconds: float | None) -> str:
    """Seconds as `47 s`, `3 min 20 s` or `2 h 5 min`."""
    if seconds is None:
        return NOT_MEASURED
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def spread_words(score: Spread, show: Callable[[float | None], str] = points) -> str:
    """The spread beside a mean: nothing for one value, both values for two, the 95 % interval from three on."""
    if score.n < 2:
        return "1 seed" if score.n else ""
    if score.n == 2:
        return f"{show(score.min)}–{show(score.max)}"
    return f"{show(score.low)}–{show(score.high)}"


def seed_values(found: Spread) -> str:
    """Differences seed by seed: `+2.8, +3.0`."""
    return ", ".join(signed_points(value) for value in found.values.values())


def seeds_words(n: int) -> str:
    """`1 seed` or `3 seeds`."""
    return f"{n} seed" if n == 1 else f"{n} seeds"


def classes_words(classes: int) -> str:
    """A class count with narrow spaces: 100000 -> 100 000 classes."""
    return f"{count(classes)} classes"


def ending_words(outcome: str, reason: str | None) -> str:
    """How a cell ended, and why: `diverged: loss is NaN at step 210`."""
    return f"{outcome}: {reason or 'no reason recorded'}"


def unique(words: list[str]) -> str:
    """Distinct texts in order of appearance, or that nothing was recorded."""
    return "; ".join(dict.fromkeys(words)) or NOT_RECORDED
