"""Whether a gain is one of the long tail: the difference to the reference in few-shot and in many-shot classes."""

from typing import Final

import pandas as pd

from workflow.summary.critical import dunnett_factor
from workflow.summary.samples import Samples, samples
from workflow.summary.statistics import apart
from workflow.summary.summary import Summary, lines_of, number_at

FEW, MANY, EXCESS = "few", "many", "few − many"
SCORES: Final = ("closed/mean_rank1", "closed/rank1")
"""Identification by class mean, else by one training image, which favours heads that compare images."""


def group_score(summary: Summary) -> str:
    """The score that is split by groups of classes: the first of SCORES that any row has in both."""
    counts = samples(summary).counts.sum()
    return next(
        (score for score in SCORES if all(counts.get(f"{score}/{group}", 0) for group in (FEW, MANY))), SCORES[-1]
    )


def excess(found: Samples, score: str, group: str = FEW, other: str = MANY) -> Samples:
    """In every run, the score in one group of classes minus that in the other, named `<score>/<group> − <other>`."""
    return found.less(f"{score}/{group} − {other}", f"{score}/{group}", f"{score}/{other}")


def by_groups(summary: Summary) -> dict[str, pd.DataFrame]:
    """Lines of `statistics.apart` against the reference, by name, for FEW, MANY and EXCESS; {} without a reference."""
    score, found, base = group_score(summary), samples(summary), summary.reference
    both = found.only([f"{score}/{FEW}", f"{score}/{MANY}"]), excess(found, score)
    tables = [against(each, base) for each in both if base in found.counts.index]
    lines = pd.concat(tables) if tables else pd.DataFrame()
    return {group: lines_of(lines, "score", f"{score}/{group}") for group in (FEW, MANY, EXCESS)} if len(lines) else {}


def against(found: Samples, base: str | None) -> pd.DataFrame:
    """Every row of these scores against one, at Dunnett's interval; without scores that the base lacks."""
    known = [score for score in found.values if base is not None and number_at(found.counts, base, score) > 0]
    return apart(found, pd.Series(base, index=known, dtype="object"), dunnett_factor)
