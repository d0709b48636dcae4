"""The scores of a summary as samples: every row's values by seed, and how each mean varies with the test classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandas as pd

from workflow.summary.summary import Summary, lines_of


@dataclass(frozen=True, eq=False)
class Samples:
    """Several scores of several rows.

    values: a line a row and seed (index name, seed), a column a score; shares from 0 to 1, NaN where not measured.
    replicates: by score, its mean over the seeds of a row (columns) under resampled test classes (lines). Lines of
        different rows, and of different scores, are of the same classes. A row without has no column.
    """

    values: pd.DataFrame
    replicates: Mapping[str, pd.DataFrame]

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Seeds with a value, rows down, scores across."""
        return self.values.groupby(level="name", sort=False).count()

    @cached_property
    def means(self) -> pd.DataFrame:
        """Means over seeds, rows down, scores across."""
        return self.values.groupby(level="name", sort=False).mean()

    @cached_property
    def pooled(self) -> pd.DataFrame:
        """By score: `deviation` over seeds, pooled over all rows with two and more, and its degrees of `freedom`."""
        freedom = self.counts.where(self.counts > 1, 1) - 1
        squares = (self.values.groupby(level="name", sort=False).var().fillna(0) * freedom).sum()
        total = freedom.sum()
        return pd.DataFrame({"deviation": (squares / total.where(total > 0)) ** 0.5, "freedom": total})

    def only(self, scores: list[str], names: list[str] | None = None) -> "Samples":
        """The same with these scores, and only these rows, if they are said."""
        rows = self.values if names is None else self.values.loc[self.values.index.isin(names, level="name")]
        kept = {score: table for score, table in self.replicates.items() if score in scores}
        return Samples(rows.reindex(columns=scores), kept)

    def less(self, name: str, score: str, other: str) -> "Samples":
        """The one score `name`: in every run, `score` minus `other`."""
        both = self.values.reindex(columns=[score, other])
        replicates = {}
        if {score, other} <= set(self.replicates):
            replicates[name] = (self.replicates[score] - self.replicates[other]).dropna(axis="columns", how="all")
        return Samples((both[score] - both[other]).to_frame(name), replicates)


@lru_cache(maxsize=8)
def samples(summary: Summary, part: str = "test") -> Samples:
    """All scores of all rows of a summary, rows in planned order. Only test scores are resampled."""
    scores = summary.scores[summary.scores["part"] == part]
    values = scores.pivot(index=["name", "seed"], columns="score", values="value")
    there = set(values.index.get_level_values("name"))
    planned = [name for name in summary.heads["name"] if name in there]
    resampled = summary.stored.resampled if part == "test" else {}
    return Samples(values.reindex(planned, level=0), {score: pd.DataFrame(rows) for score, rows in resampled.items()})


def by_seed(summary: Summary, name: str, score: str, part: str = "test") -> pd.Series:
    """A score of one row by seed, without the seeds that lack it."""
    values = lines_of(samples(summary, part).values, "name", name)
    return values[score].dropna() if score in values else pd.Series(index=values.index[:0], dtype="float64")


def hardest(summary: Summary, score: str) -> str:
    """The version of a score with most distractors that any row has, else the score itself."""
    counts = samples(summary).counts.sum()
    names = [str(name) for name in counts.index[counts > 0] if str(name).startswith(f"{score}@")]
    return max(names, key=lambda name: int(name.partition("@")[2]), default=score)
