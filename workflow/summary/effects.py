"""What was measured for a claim, as numbers, and the reasons why nothing was."""

from dataclasses import dataclass
from enum import StrEnum

from workflow.summary.break_even import BreakEven
from workflow.summary.statistics import Contrast


class Lack(StrEnum):
    """Why a claim is not measured here."""

    ROW = "a row is not in this run"
    SCORE = "no seed has the score for both rows"
    COST = "the cost was not measured for both rows"
    EXCLUSIVE = "the timings did not run alone on the machine"
    CLASSES = "no cost cell has as many classes"


@dataclass(frozen=True)
class Gain:
    """The difference of a row to another in a score; about how many `seeds` would decide, where it is undecided."""

    row: str
    other: str
    score: str
    difference: Contrast
    seeds: float | None = None


@dataclass(frozen=True)
class Ratio:
    """A cost of a row and of another, both at `classes`; `meter` is what read it, None for times."""

    row: str
    other: str
    own: float
    base: float
    classes: int
    meter: str | None = None

    @property
    def share(self) -> float:
        return self.own / self.base


@dataclass(frozen=True)
class Reach:
    """Whether a cost cell of a row ran with so many classes at a dimension; `state` is what the row declares to keep
    there between steps, in bytes."""

    row: str
    classes: int
    dim: int | None
    ran: bool
    state: int | None = None


@dataclass(frozen=True)
class SpeedUp:
    """How many times faster a composed step is than the reference's, with the bounds of both intervals."""

    row: str
    classes: int
    value: float
    low: float
    high: float
    share: float
    """of the reference's step that its head takes"""


@dataclass(frozen=True)
class Order:
    """Heads by a cost at `classes`, least first, with the lean implementations and with the plain ones; `swaps` are
    those that change places by more than a margin."""

    field: str
    classes: int
    lean: tuple[str, ...]
    plain: tuple[str, ...]
    swaps: tuple[tuple[str, str], ...] = ()


Effect = Gain | Ratio | Reach | SpeedUp | Order | BreakEven
