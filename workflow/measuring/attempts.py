"""A timing that other programs disturbed is taken again; the least disturbed attempt counts."""

import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from workflow.cells.cost_records import BUSY_CORES
from workflow.console import log
from workflow.measuring.exclusive import OtherLoad

PAUSE_SECONDS = 2.0
"""between two attempts: what disturbed the first may be over"""
WATCHED_SECONDS = 0.3
"""the load is watched at least that long: a system counts processor time in hundredths of a second"""
Timed = TypeVar("Timed")


class Try(NamedTuple, Generic[Timed]):
    """What one attempt gave, and the mean number of cores that other programs kept busy; None where no system tells."""

    found: Timed
    load: float | None

    @property
    def exclusive(self) -> bool | None:
        """Whether it ran alone; None where no system tells."""
        return None if self.load is None else self.load <= BUSY_CORES


def tries(timing: Callable[[], Timed], carry_on: Callable[[], None], repeats: int) -> list[Try[Timed]]:
    """Attempts at `timing` until one was not disturbed, `repeats` at most. `carry_on` is more of the same work, done
    while the load is still watched."""
    found: list[Try[Timed]] = []
    while len(found) < repeats:
        if found:
            log(f"other programs used {found[-1].load:.2f} cores: timing again ({len(found) + 1} of {repeats})")
            time.sleep(PAUSE_SECONDS)
        others = OtherLoad()
        result = timing()
        while others.seconds() < WATCHED_SECONDS:
            carry_on()
        found.append(Try(result, others.cores()))
        if found[-1].exclusive is not False:
            break
    return found


def least_disturbed(found: list[Try[Timed]]) -> Try[Timed]:
    """The attempt with the least load beside it."""
    return min(found, key=lambda attempt: attempt.load or 0.0)
