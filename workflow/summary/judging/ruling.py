"""What judging a claim gives: a verdict with all that it rests on, or lacks."""

from collections.abc import Iterable
from typing import NamedTuple

from workflow.summary.effects import Effect, Lack
from workflow.summary.regime import Unmet
from workflow.summary.rules import Row
from workflow.summary.vocabulary import Verdict


class Ruling(NamedTuple):
    """A verdict, what was measured for it, what is lacking where it is ABSENT, and what is unmet where OUTSIDE; of a
    claim of several parts also the ruling on each, by its name."""

    verdict: Verdict
    effects: tuple[Effect, ...] = ()
    lack: Lack | None = None
    missing: tuple[Row, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    parts: "tuple[tuple[str, Ruling], ...]" = ()


DECISIVE = (Verdict.REFUTED, Verdict.ABSENT, Verdict.OUTSIDE, Verdict.OPEN, Verdict.REPRODUCED, Verdict.DESIGN)
"""verdicts on parts of a claim, the first of which is that of the whole"""


def of_parts(parts: tuple[tuple[str, Ruling], ...]) -> Ruling:
    """The ruling on a claim that holds only if each of its parts does: that of the part which decides, with the effects
    of all."""
    _, decisive = min(parts, key=lambda part: DECISIVE.index(part[1].verdict))
    effects = tuple(effect for _, ruling in parts for effect in ruling.effects)
    return decisive._replace(effects=effects, parts=parts)


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
