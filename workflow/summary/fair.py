"""The same rows under other conditions than equal steps: as many images, as many seconds, settings of their own."""

from collections.abc import Sequence
from typing import Final, Literal

from workflow.summary.stored import RunRow
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise

Regime = Literal["images", "seconds", "tuned"]
BUDGETS: Final[Sequence[Regime]] = ("images", "seconds")


def planned(summary: Summary, regime: Regime) -> bool:
    """Whether any cell of the regime was planned."""
    return any(run.role == regime for run in summary.stored.others)


def under(summary: Summary, regime: Regime) -> Summary:
    """The summary of the runs that speak for their rows in a regime; rows without such a run are not in it."""
    found = [run for name in summary.heads["name"] for run in runs_of(summary, str(name), regime)]
    return summarise(summary.stored.model_copy(update={"runs": found, "others": [], "resampled": {}}))


def runs_of(summary: Summary, name: str, regime: Regime) -> list[RunRow]:
    """The runs of a row in a regime. An equal budget is the reference's own, and a row that encodes one image for each
    of the batch, as the reference does, has equal images after equal steps."""
    own = [run for run in summary.stored.others if (run.name, run.role) == (name, regime)]
    if own or regime == "tuned":
        return own
    declared = summary.declared.get(name)
    alike = regime == "images" and declared is not None and declared.momentum is None
    return [run for run in summary.stored.runs if run.name == name and (alike or name == summary.reference)]
