"""One interval for tables, figures, answers and claims: two rows compared over few seeds on a sample of test classes.

The standard error of a difference has two parts. That of the seeds, s √(1/n₁ + 1/n₂), has the deviation s pooled over
all rows of the run; that of the test classes, b, is the deviation of the difference under resampled classes, and is
taken as zero, and said to be unknown, where the records hold no resamples. The half-width is a multiplier of their
root sum of squares: Dunnett's for rows against the reference, Tukey's for rows against the best. A row of one seed is
not judged. Where the interval excludes zero, the row is higher or lower; where it lies within the score's margin to
either side, equivalent (the interval holds both one-sided tests of TOST, at its own level); else they cannot be told
apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from workflow.summary.critical import Sizes, dunnett_factor, narrowing, seeds_for, student_factor
from workflow.summary.margins import margin_of
from workflow.summary.samples import Samples, samples
from workflow.summary.summary import Summary, line_of, lines_of
from workflow.summary.vocabulary import Difference

COLUMNS = ("n", "difference", "seeds_se", "classes_se", "half_width", "margin", "verdict", "needed")


@dataclass(frozen=True)
class Contrast:
    """The difference of two rows, or of two groups of classes, in a score; shares from 0 to 1.

    n: seeds of the row that has fewer. seeds_se, classes_se: the two parts of the standard error, None if unknown.
    half_width: of the 95 % interval around `difference`, None where either has one seed only. needed: about how many
    seeds a row would tell, None where they do already or no number is known, infinite where the test classes limit.
    """

    n: int
    difference: float
    seeds_se: float | None
    classes_se: float | None
    half_width: float | None
    margin: float
    verdict: Difference
    needed: float | None

    @property
    def low(self) -> float | None:
        return None if self.half_width is None else self.difference - self.half_width

    @property
    def high(self) -> float | None:
        return None if self.half_width is None else self.difference + self.half_width


def apart(found: Samples, base: pd.Series, factor: Callable[[Sizes], float]) -> pd.DataFrame:
    """Every row of every score against the row that `base` names for the score.

    Indexed by score and name; columns as `Contrast`. The multiplier of an interval is `factor` of the seeds of all
    rows with two and more, that of the base first.
    """
    at = base.dropna()
    counts, means, spread = found.counts[at.index], found.means[at.index], found.pooled.loc[at.index]
    own_n = counts.where(counts > 0)
    base_n, base_mean = at_base(own_n, at), at_base(means, at)
    tables = {
        "n": counts.clip(upper=base_n.fillna(0), axis="columns"),
        "difference": means - base_mean,
        "seeds_se": (1 / own_n + 1 / base_n) ** 0.5 * spread["deviation"],
        "classes_se": class_errors(found, at, counts.index),
    }
    lines = pd.concat({name: table.T.stack(future_stack=True) for name, table in tables.items()}, axis="columns")
    return decided(lines.rename_axis(["score", "name"]), found, at, factor)


def at_base(table: pd.DataFrame, base: pd.Series) -> pd.Series:
    """By score, what `table` (rows down, scores across) says of the row that `base` names."""
    rows = table.index.get_indexer(pd.Index(base))
    return pd.Series(table.to_numpy()[rows, np.arange(len(base))], index=base.index)


def class_errors(found: Samples, base: pd.Series, names: pd.Index) -> pd.DataFrame:
    """The standard error of differences to `base` under resampled test classes, rows down, scores across."""
    errors = pd.DataFrame(np.nan, index=names, columns=base.index)
    for score, name in base.items():
        replicates = found.replicates.get(str(score))
        if replicates is not None and name in replicates:
            apart_by = replicates.to_numpy() - replicates[[str(name)]].to_numpy()
            errors[score] = pd.Series(apart_by.std(axis=0, ddof=1), index=replicates.columns)
    return errors


def decided(lines: pd.DataFrame, found: Samples, base: pd.Series, factor: Callable[[Sizes], float]) -> pd.DataFrame:
    """`lines` with half-width, margin, verdict and the seeds that are needed."""
    counts = found.counts
    sizes = {score: sizes_of(counts[score], str(name)) for score, name in base.items()}
    factors = pd.Series({score: factor(size) if size else np.nan for score, size in sizes.items()}, dtype="float64")
    scores = lines.index.get_level_values("score")
    error = (lines["seeds_se"] ** 2 + lines["classes_se"].fillna(0) ** 2) ** 0.5
    found_lines = lines.assign(
        half_width=(error * factors.reindex(scores).to_numpy()).where(lines["n"] > 1),
        margin=[margin_of(score) for score in scores],
    )
    found_lines = found_lines.assign(verdict=verdicts(found_lines))
    return found_lines.assign(needed=seeds_needed(found_lines, found, sizes, factors))[list(COLUMNS)]


def sizes_of(counts: pd.Series, base: str) -> Sizes | None:
    """The seeds of all rows with two and more, that of `base` first; None where no two rows have as many."""
    several = counts[counts > 1]
    if base not in several.index or len(several) < 2:
        return None
    return (int(several[base]), *sorted(int(n) for n in several.drop(base)))


def verdicts(lines: pd.DataFrame) -> list[Difference]:
    """What each line allows to say, by `difference`, `half_width`, `margin` and `n`."""
    gap, half = lines["difference"], lines["half_width"]
    conditions = {
        Difference.NOT_MEASURED: gap.isna(),
        Difference.ONE_SEED: half.isna(),
        Difference.HIGHER: gap > half,
        Difference.LOWER: gap < -half,
        Difference.EQUIVALENT: gap.abs() + half <= lines["margin"],
    }
    words = np.select(list(conditions.values()), [str(word) for word in conditions], str(Difference.UNDECIDED))
    return [Difference(word) for word in words]


def seeds_needed(
    lines: pd.DataFrame, found: Samples, sizes: Mapping[object, Sizes | None], factors: pd.Series
) -> pd.Series:
    """About how many seeds a row would narrow each undecided interval to the margin; NaN for decided ones.

    Where it is as narrow already, to what tells a difference that stays as it is from zero, or finds it within the
    margin.
    """
    open_ = lines[lines["verdict"] == Difference.UNDECIDED]
    if open_.empty:
        return pd.Series(np.nan, index=lines.index)
    scores, gap, margin = open_.index.get_level_values("score"), open_["difference"].abs(), open_["margin"]
    deciding = pd.concat([gap, margin - gap], axis="columns").max(axis="columns")
    widths = margin.where(open_["half_width"] > margin, deciding)
    known = (sizes[score] for score in scores)
    needed = seeds_for(
        width=widths.to_numpy(),
        deviation=found.pooled["deviation"].reindex(scores).to_numpy(),
        classes_se=open_["classes_se"].fillna(0).to_numpy(),
        factor=factors[scores].to_numpy(),
        narrower=np.stack([narrowing(len(size), sum(size) - len(size)) for size in known if size]),
    )
    return pd.Series(needed, index=open_.index).reindex(lines.index)


@lru_cache(maxsize=8)
def compare_all(summary: Summary, part: str = "test") -> pd.DataFrame:
    """Every row's score, and its difference to the reference; indexed by score and name, in planned order.

    Columns: n, mean, min, max, low, high (the 95 % interval of the mean over seeds, with the pooled deviation), then
    those of `apart`, with `pairs` for its n. The verdict is a vocabulary.Difference, None for the reference.
    """
    found = samples(summary, part)
    names, scores = summary.heads["name"], list(found.values.columns)
    every = pd.MultiIndex.from_product([scores, names], names=["score", "name"])
    own = described(found).reindex(every)
    base = pd.Series(summary.reference, index=scores, dtype="object")
    if summary.reference not in found.counts.index:
        base = base.iloc[:0]
    gaps = apart(found, base, dunnett_factor).rename(columns={"n": "pairs"}).reindex(every)
    itself = every.get_level_values("name") == summary.reference
    gaps.loc[itself, ["difference", "seeds_se", "classes_se", "half_width", "needed"]] = np.nan
    words = gaps["verdict"].fillna(str(Difference.NOT_MEASURED)).map(Difference)
    lines = own.join(gaps.assign(verdict=words.astype("object").mask(itself, None)))
    return lines.fillna({"n": 0, "pairs": 0}).astype({"n": int, "pairs": int})


def described(found: Samples) -> pd.DataFrame:
    """n, mean, min, max, low, high of every row in every score, indexed by score and name."""
    rows = found.values.groupby(level="name", sort=False)
    factors = found.pooled["freedom"].map(lambda freedom: student_factor(int(freedom)) if freedom else np.nan)
    half = (found.counts.where(found.counts > 1) ** -0.5) * (found.pooled["deviation"] * factors)
    tables = {"n": found.counts, "mean": found.means, "min": rows.min(), "max": rows.max()}
    tables |= {"low": found.means - half, "high": found.means + half}
    lines = pd.concat({name: table.T.stack(future_stack=True) for name, table in tables.items()}, axis="columns")
    return lines.rename_axis(["score", "name"])


def compare(summary: Summary, score: str, part: str = "test") -> pd.DataFrame:
    """The lines of `compare_all` of one score, indexed by name; of nothing where no run lists it."""
    lines = lines_of(compare_all(summary, part), "score", score)
    if len(lines):
        return lines
    words = [None if name == summary.reference else Difference.NOT_MEASURED for name in summary.heads["name"]]
    empty = pd.DataFrame(index=pd.Index(summary.heads["name"], name="name"), columns=lines.columns, dtype="float64")
    return empty.assign(n=0, pairs=0, verdict=pd.Series(words, index=empty.index, dtype="object"))


def difference(summary: Summary, name: str, score: str) -> Contrast | None:
    """The difference of a row to the reference in a test score; None where either was not measured."""
    line = line_of(compare(summary, score).rename(columns={"pairs": "n", "n": "seeds"}), name)
    return None if name == summary.reference or not line["n"] else contrast_of(line)


def contrast_of(line: pd.Series) -> Contrast:
    """A line of `apart` as numbers."""
    numbers = {
        name: None if pd.isna(line[name]) else float(line[name]) for name in COLUMNS if name not in ("n", "verdict")
    }
    return Contrast(n=int(line["n"]), verdict=Difference(line["verdict"]), **numbers)  # type: ignore[arg-type]
