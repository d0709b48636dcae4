"""Units and number formats: the same in every table, figure and rendering."""

import math
import re
from dataclasses import replace

import pandas as pd

from workflow.evaluating.metrics import METRICS, Metric, describe
from workflow.summary.critical import MOST_SEEDS
from workflow.summary.statistics import Contrast
from workflow.summary.vocabulary import Difference

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


def short_count(value: int) -> str:
    """10k, 100k, 1M: a class count that fits under a tick, or over a column."""
    for unit, size_of_unit in (("M", 1_000_000), ("k", 1_000)):
        if value >= size_of_unit:
            return f"{value / size_of_unit:g}{unit}"
    return str(value)


def rounded(value: float) -> int:
    """Two significant figures."""
    return int(float(f"{value:.2g}"))


def spaced(text: str) -> str:
    """Words of a record with its thousands as in all numbers here: 6,000 pairs -> 6 000 pairs."""
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "\u202f", text)


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


def mean_words(line: pd.Series) -> str:
    """What stands beside a mean over seeds: `± 0.4`, half of its 95 % interval, or `1 seed`."""
    if pd.isna(line["high"]):
        return seeds_words(int(line["n"])) if line["n"] else ""
    return f"± {points(line['high'] - line['mean'])}"


def difference_words(found: Contrast) -> str:
    """`+0.4 ± 0.9 points`, or without an interval where a row has one seed."""
    half = "" if found.half_width is None else f" ± {points(found.half_width)}"
    return f"{signed_points(found.difference)}{half} points"


def verdict_words(found: Contrast) -> str:
    """`higher`, `lower`, `equivalent within 0.5`, `cannot be told apart (± 0.9; ≈ 7 seeds for 0.5)`, `one seed`."""
    match found.verdict:
        case Difference.EQUIVALENT:
            return f"equivalent within {margin_words(found.margin)}"
        case Difference.UNDECIDED:
            return f"cannot be told apart (± {points(found.half_width)}; {needed_words(found.needed, found.margin)})"
        case _:
            return str(found.verdict)


def needed_words(needed: float | None, margin: float) -> str:
    """How many seeds a row would tell a difference of a margin, or that no number of them can."""
    if needed is None:
        return f"too few seeds for {margin_words(margin)}"
    if math.isinf(needed):
        return "more seeds cannot decide: the test classes limit"
    at_least = "≥" if needed >= MOST_SEEDS else "≈"
    return f"{at_least} {count(int(needed))} seeds for {margin_words(margin)}"


def margin_words(margin: float) -> str:
    """A margin in points, as it stands in the table of margins: 0.005 -> 0.5."""
    return f"{100 * margin:g}"


def error_words(found: Contrast) -> str:
    """Both parts of a standard error: `standard error: 0.24 points of the seeds, 0.13 of the test classes`."""
    if found.seeds_se is None:
        return "standard error not known: no row has two seeds"
    classes = "that of the test classes is not known" if found.classes_se is None else None
    classes = classes or f"{points(found.classes_se, 2)} of the test classes"
    return f"standard error: {points(found.seeds_se, 2)} points of the seeds, {classes}"


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
