"""What was measured for a claim, as numbers, and the reasons why nothing was."""

from dataclasses import dataclass
from enum import StrEnum

from workflow.summary.statistics import Contrast


class Lack(StrEnum):
    """Why a claim is not measured here."""

    ROW = "the row is not in this run"
    SCORE = "no seed has the score for both rows"
    GROUPS = "the score by group of classes is not there for both rows"
    COST = "the cost was not measured for both rows"
    EXCLUSIVE = "the timings did not run alone on the machine"
    CLASSES = "no cost cell has as many classes"
    DEVICE = "no cost cell with as many classes on a GPU"


@dataclass(frozen=True)
class Gain:
    """The difference to the reference in `score`, None where either has none."""

    score: str
    difference: Contrast | None


@dataclass(frozen=True)
class Ratio:
    """A cost of the row and of the reference, both at `classes`; `meter` is what read it, None for a declared one."""

    own: float
    base: float
    classes: int
    meter: str | None = None

    @property
    def share(self) -> float:
        return self.own / self.base


@dataclass(frozen=True)
class Reach:
    """The largest number of classes that ran; where none of those asked for did, the smallest that did not fit, or
    the largest that was tried."""

    classes: int


@dataclass(frozen=True)
class Peak:
    """The largest peak of the device allocator."""

    bytes: int


Effect = Gain | Ratio | Reach | Peak
