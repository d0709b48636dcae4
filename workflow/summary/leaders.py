"""Which rows cannot be told from the best one in a score: Tukey's comparison of every row with every other."""

import pandas as pd

from workflow.evaluating.metrics import describe
from workflow.summary.critical import tukey_factor
from workflow.summary.samples import Samples, samples
from workflow.summary.statistics import COLUMNS, apart
from workflow.summary.summary import Summary, lines_of, number_at
from workflow.summary.vocabulary import Difference


def leaders(summary: Summary, score: str) -> pd.DataFrame:
    """Every row that has the score, best mean first, against the best one with two seeds or more.

    Indexed by name; columns `mean`, `seeds` (of the row), those of `statistics.apart`, and `behind`: whether it is
    told from the best row.
    """
    found = samples(summary).only([score])
    return ranked(found, score, better_of(score))


def better_of(score: str) -> str:
    """Whether `high` or `low` values of a score are better; of a name that is no more, high."""
    try:
        return describe(score).better
    except KeyError:
        return "high"


def ranked(found: Samples, score: str, better: str = "high") -> pd.DataFrame:
    """`leaders` of one score in samples of it."""
    means = found.means[score].dropna().sort_values(ascending=better == "low", kind="stable")
    several = [name for name in means.index if number_at(found.counts, name, score) > 1]
    if not several:
        return unjudged(means)
    base = pd.Series({score: several[0]})
    lines = lines_of(apart(found, base, tukey_factor), "score", score).loc[means.index]
    worse = Difference.HIGHER if better == "low" else Difference.LOWER
    return lines.assign(mean=means, seeds=found.counts[score], behind=lines["verdict"] == worse)


def unjudged(means: pd.Series) -> pd.DataFrame:
    """The lines of rows of one seed each: none is told from another."""
    lines = pd.DataFrame(index=means.index, columns=list(COLUMNS), dtype="float64")
    return lines.assign(n=1, seeds=1, verdict=Difference.ONE_SEED, mean=means, behind=False)
