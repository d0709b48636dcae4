"""The same rows under other conditions than equal steps: as many images, as many seconds, settings of their own."""

from collections.abc import Sequence
from typing import Final, Literal

from workflow.summary.stored import RunRow
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise

Terms = Literal["images", "seconds", "tuned"]
"""on which rows are compared beside equal steps"""
BUDGETS: Final[Sequence[Terms]] = ("images", "seconds")


def planned(summary: Summary, terms: Terms) -> bool:
    """Whether any cell on these terms was planned."""
    return any(run.role == terms for run in summary.stored.others)


def under(summary: Summary, terms: Terms) -> Summary:
    """The summary of the runs that speak for their rows on these terms; rows without such a run are not in it."""
    found = [run for name in summary.heads["name"] for run in runs_of(summary, str(name), terms)]
    return summarise(summary.stored.model_copy(update={"runs": found, "others": [], "resampled": {}}))


def runs_of(summary: Summary, name: str, terms: Terms) -> list[RunRow]:
    """The runs of a row on these terms. An equal budget is the reference's own, and a row that encodes one image for
    each of the batch, as the reference does, has equal images after equal steps."""
    own = [run for run in summary.stored.others if (run.name, run.role) == (name, terms)]
    if own or terms == "tuned":
        return own
    declared = summary.declared.get(name)
    alike = terms == "images" and declared is not None and declared.momentum is None
    return [run for run in summary.stored.runs if run.name == name and (alike or name == summary.reference)]
