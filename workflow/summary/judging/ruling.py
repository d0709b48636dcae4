"""What judging a claim gives: a verdict with all that it rests on, or lacks."""

from collections.abc import Iterable
from typing import NamedTuple

from workflow.summary.effects import Effect, Lack
from workflow.summary.regime import Unmet
from workflow.summary.rules import Row
from workflow.summary.vocabulary import Verdict


class Ruling(NamedTuple):
    """A verdict, what was measured for it, what is lacking where it is ABSENT, and what is unmet where OUTSIDE."""

    verdict: Verdict
    effects: tuple[Effect, ...] = ()
    lack: Lack | None = None
    missing: tuple[Row, ...] = ()
    unmet: tuple[Unmet, ...] = ()


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a claim that holds only if each of its parts does: one that fails contradicts it."""
    found = set(verdicts)
    if Verdict.REFUTED in found:
        return Verdict.REFUTED
    return Verdict.OPEN if Verdict.OPEN in found or not found else Verdict.REPRODUCED


def side_of(low: float | None, high: float | None, threshold: float) -> Verdict:
    """Reproduced if a whole interval is above a threshold, contradicted if it is below, else undecided."""
    if low is None or high is None:
        return Verdict.OPEN
    return Verdict.REPRODUCED if low > threshold else Verdict.REFUTED if high < threshold else Verdict.OPEN
