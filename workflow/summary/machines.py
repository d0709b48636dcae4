"""The same rows run on two machines: how far their scores lie apart, beside the spread over seeds.

Only summaries of the same protocol, data and split ask the same; where one of these differs nothing is compared.
"""

import pandas as pd

from workflow.summary.samples import samples
from workflow.summary.statistics import compare_all
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Difference

DECIDED = {Difference.HIGHER, Difference.LOWER}
"""Verdicts of which one machine's may contradict another's."""


def comparable(one: Summary, other: Summary) -> bool:
    """Whether two summaries ask the same of the same data."""
    names = ("protocol", "dataset_hash", "split_hash")
    return all(getattr(one.facts, name) == getattr(other.facts, name) is not None for name in names)


def between(one: Summary, other: Summary) -> pd.DataFrame:
    """By score, over the rows that both have (indexed by score): rows, shift, distance, deviation, expected.

    shift: the mean over rows of the first machine's mean less the other's. distance: the root mean square of these.
    deviation: that over seeds, pooled over the rows of both. expected: the distance that seeds alone make.
    """
    ours, theirs = samples(one), samples(other)
    scores = [score for score in ours.values if score in theirs.values]
    apart = (ours.means - theirs.means)[scores].dropna(how="all")
    pooled = [found.pooled.loc[scores] for found in (ours, theirs)]
    freedom = pooled[0]["freedom"] + pooled[1]["freedom"]
    squares = sum((each["deviation"].fillna(0) ** 2 * each["freedom"] for each in pooled), start=pd.Series(0.0, scores))
    found = {"rows": apart.count(), "shift": apart.mean(), "distance": (apart**2).mean() ** 0.5}
    found["deviation"] = (squares / freedom.where(freedom > 0)) ** 0.5
    each_mean = 1 / ours.counts[scores].where(apart.notna()) + 1 / theirs.counts[scores].where(apart.notna())
    found["expected"] = found["deviation"] * each_mean.mean() ** 0.5
    return pd.DataFrame(found).rename_axis("score").query("rows > 0")


def contradictions(one: Summary, other: Summary) -> pd.DataFrame:
    """The lines, by score and name, in which both machines tell a row from the reference, and not alike."""
    verdicts = pd.DataFrame({"one": compare_all(one)["verdict"], "other": compare_all(other)["verdict"]})
    decided = verdicts["one"].isin(DECIDED) & verdicts["other"].isin(DECIDED)
    return verdicts[decided & (verdicts["one"] != verdicts["other"])]
