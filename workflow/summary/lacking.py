"""Scores without a value, and why: the evaluation's own reason, else how the run ended."""

from functools import lru_cache

import pandas as pd

from workflow.summary.summary import Summary
from workflow.summary.vocabulary import NO_REASON, UNEXPLAINED, Ending


@lru_cache(maxsize=8)
def lacking(summary: Summary, part: str = "test") -> pd.Series:
    """The distinct reasons, as a sorted tuple, why seeds of a row lack a score; indexed by score and name.

    Of every planned run and every score that any evaluation lists; a row that has all its values has no entry. Where a
    good run lacks a score, the reasons of good runs stand alone: that a seed diverged explains nothing about a score
    that no seed could have.
    """
    listed = summary.scores.loc[summary.scores["part"] == part, ["score", "name", "seed", "value", "reason"]]
    runs = summary.runs[["name", "seed", "outcome", "reason"]].rename(columns={"reason": "ending"})
    every = runs.merge(listed[["score"]].drop_duplicates(), how="cross")
    found = every.merge(listed, on=["score", "name", "seed"], how="left")
    found = found[found["value"].isna()]
    good = found["outcome"] == Ending.OK
    any_good = good.groupby([found["score"], found["name"]]).transform("any")
    found = found[good | ~any_good]
    ended = found["outcome"] + ": " + found["ending"].fillna(NO_REASON)
    own = found["reason"].fillna(ended.where(found["outcome"] != Ending.OK, UNEXPLAINED))
    return own.groupby([found["score"], found["name"]], sort=True).agg(lambda texts: tuple(sorted(set(texts))))


def reasons(summary: Summary, name: str, score: str, part: str = "test") -> tuple[str, ...]:
    """Why seeds of a row lack a score; of a score that no evaluation lists, that no reason was recorded."""
    known = lacking(summary, part)
    if score not in summary.scores.loc[summary.scores["part"] == part, "score"].to_numpy():
        return (UNEXPLAINED,)
    return tuple(known.get((score, name), ()))
