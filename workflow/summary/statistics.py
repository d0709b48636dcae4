"""Spread and differences over a few seeds, which claim no more than so few runs can show."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
from scipy.stats import t as student

from workflow.summary.summary import Line, Summary, lines
from workflow.summary.vocabulary import UNEXPLAINED, Difference, Ending, ending_text

SMALLEST_FINDING = 0.01
"""Differences below this (one point) are no finding while only two seeds stand behind them."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """One number over seeds; `low` and `high` bound the 95 % Student-t interval of the mean, None below two seeds."""

    n: int
    mean: float | None
    min: float | None
    max: float | None
    low: float | None
    high: float | None
    values: dict[int, float]

    @property
    def decisive(self) -> tuple[float, float] | None:
        """What a decision leans on: the two values themselves for n = 2, the interval from n = 3 on, None below."""
        low, high = (self.min, self.max) if self.n == 2 else (self.low, self.high)
        return None if low is None or high is None or self.n < 2 else (low, high)

    @property
    def verdict(self) -> Difference:
        """What it says, read as a difference: two seeds count only if both differ alike by `SMALLEST_FINDING`."""
        if self.decisive is None:
            return Difference.ONE_SEED if self.n else Difference.NOT_MEASURED
        (low, high), smallest = self.decisive, SMALLEST_FINDING if self.n == 2 else 0.0
        if low > smallest:
            return Difference.HIGHER
        return Difference.LOWER if high < -smallest else Difference.NOISE


def spread(values: Mapping[int, float] | pd.Series) -> Spread:
    """The spread of one number by seed; a seed without a value is left out of `n`."""
    known = pd.Series(values, dtype="float64").dropna()
    n = len(known)
    if not n:
        return Spread(0, None, None, None, None, None, {})
    centre = float(known.mean())
    half = half_width(float(known.std()), n) if n > 1 else None
    return Spread(
        n=n,
        mean=centre,
        min=float(known.min()),
        max=float(known.max()),
        low=None if half is None else centre - half,
        high=None if half is None else centre + half,
        values={int(str(seed)): float(value) for seed, value in known.items()},
    )


def half_width(deviation: float, n: int) -> float:
    """Half of the Student-t interval of a mean of `n` numbers."""
    return float(student.ppf((1 + CONFIDENCE) / 2, n - 1)) * deviation / math.sqrt(n)


def by_seed(summary: Summary, name: str, score: str, part: str = "test") -> pd.Series:
    """A score of one row by seed, without the seeds that lack it."""
    scores = summary.scores
    mine = scores[(scores["name"] == name) & (scores["score"] == score) & (scores["part"] == part)]
    return mine.set_index("seed")["value"].dropna()


def paired(own: pd.Series, other: pd.Series) -> Spread:
    """Differences own - other over the seeds both have."""
    return spread((own - other).dropna())


def difference(summary: Summary, name: str, score: str, part: str = "test") -> Spread:
    """The paired difference of a row to the reference row; of nothing where either is not there."""
    if summary.reference is None or name == summary.reference:
        return spread({})
    return paired(by_seed(summary, name, score, part), by_seed(summary, summary.reference, score, part))


def compare(summary: Summary, score: str, part: str = "test") -> pd.DataFrame:
    """Every row's score, and its difference to the reference, indexed by name in planned order.

    Columns: n, mean, min, max, low, high, values (by seed), reasons (why seeds lack it), difference (the mean),
    difference_n, difference_min, difference_max, difference_low, difference_high, difference_values, verdict. The
    verdict is a vocabulary.Difference, None for the reference.
    """
    rows = [comparison(summary, name, score, part) for name in summary.heads["name"]]
    return pd.DataFrame(rows, index=pd.Index(summary.heads["name"], name="name"))


def comparison(summary: Summary, name: str, score: str, part: str) -> dict[str, object]:
    """One line of `compare`."""
    own, gap = spread(by_seed(summary, name, score, part)), difference(summary, name, score, part)
    line = {**vars(own), "reasons": reasons(summary, name, score, part), "difference": gap.mean}
    line |= {f"difference_{field}": value for field, value in vars(gap).items() if field != "mean"}
    return {**line, "verdict": None if name == summary.reference else gap.verdict}


def reasons(summary: Summary, name: str, score: str, part: str = "test") -> tuple[str, ...]:
    """Why seeds of a row lack a score; the reasons of good runs alone where there are any.

    That a seed diverged explains nothing about a score that no seed could have.
    """
    scores, runs = summary.scores, summary.runs
    mine = scores[(scores["score"] == score) & (scores["part"] == part)]
    runs = runs.loc[runs["name"] == name, ["name", "seed", "outcome", "reason"]]
    found = runs.merge(mine[["name", "seed", "value", "reason"]], on=["name", "seed"], how="left", suffixes=("", "_of"))
    lacking = found[found["value"].isna()]
    good = lacking[lacking["outcome"] == Ending.OK]
    return tuple(sorted({reason_in(line) for line in lines(good if len(good) else lacking)}))


def reason_in(line: Line) -> str:
    """The evaluation's own reason for a lacking score, else how the run ended."""
    if line["reason_of"]:
        return str(line["reason_of"])
    if line["outcome"] == Ending.OK:
        return UNEXPLAINED
    return ending_text(line["outcome"], line["reason"])


def hardest(summary: Summary, score: str) -> str:
    """The version of a score with most distractors that any row has, else the score itself."""
    scores = summary.scores
    measured = scores[(scores["part"] == "test") & scores["value"].notna()]
    names = measured.loc[measured["score"].str.startswith(f"{score}@"), "score"].unique()
    return max(names, key=lambda name: int(name.partition("@")[2]), default=score)


def errors_removed(summary: Summary, name: str, score: str, groups: Iterable[str] = ("many", "few")) -> pd.DataFrame:
    """1 - error / the reference's error, by seed (index) and group of classes (columns), where both have all groups."""
    columns = {}
    for group in groups:
        own = by_seed(summary, name, f"{score}/{group}")
        base = by_seed(summary, summary.reference or "", f"{score}/{group}")
        columns[group] = (1 - (1 - own) / (1 - base[base < 1])).dropna()
    return pd.DataFrame(columns).dropna()
