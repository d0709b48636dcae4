"""Accuracy at equal steps, equal images encoded and equal seconds: three fair comparisons that can disagree."""

from dataclasses import dataclass
from typing import Final

from workflow.summary.statistics import Spread, spread
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending

AXES: Final = ("step", "encoded", "seconds")
ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Budget:
    """A score of every row, by name, at the last point of its learning curves within `size` on `axis`."""

    axis: str
    size: float
    spreads: dict[str, Spread]


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
        reached = points[points[axis] <= size * (1 + ROUNDING)].groupby(["name", "seed"])["value"].last()
        known = set(reached.index.get_level_values("name"))
        spreads = {
            name: spread(reached.loc[name] if name in known else {}) for name in summary.heads["name"].astype(str)
        }
        found.append(Budget(axis, size, spreads))
    return found
