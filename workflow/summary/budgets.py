"""Accuracy at equal steps, equal images encoded and equal seconds: three fair comparisons that can disagree."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from workflow.summary.samples import Samples
from workflow.summary.statistics import described
from workflow.summary.summary import Summary, lines_of
from workflow.summary.vocabulary import Ending

AXES: Final = ("step", "encoded", "seconds")
ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Budget:
    """A score at the last point of the learning curves within `size` on `axis`.

    `reached` is by row, in planned order: n, mean, min, max, and low, high of the 95 % interval over seeds.
    """

    axis: str
    size: float
    reached: pd.DataFrame


def at_equal(summary: Summary, score: str) -> list[Budget]:
    """A validation score at the largest budget that all good runs reached, for each of AXES; [] without such curves."""
    runs = summary.runs
    good = runs.loc[runs["outcome"] == Ending.OK, ["name", "seed"]]
    points = summary.progress[summary.progress["score"] == score].merge(good, on=["name", "seed"])
    if points.empty:
        return []
    found = []
    for axis in AXES:
        size = float(points.groupby(["name", "seed"])[axis].last().min())
        reached = points[points[axis] <= size * (1 + ROUNDING)].groupby(["name", "seed"])[["value"]].last()
        table = lines_of(described(Samples(reached, {})), "score", "value").reindex(summary.heads["name"])
        found.append(Budget(axis, size, table.fillna({"n": 0})))
    return found
