"""A timing that was disturbed, by other programs or a stop of this one, is taken again; the least disturbed counts."""

import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from workflow.cells.cost_records import BUSY_CORES, IDLE_CORES
from workflow.console import log
from workflow.measuring.exclusive import OtherLoad
from workflow.measuring.stops import Stops

PAUSE_SECONDS = 2.0
"""after a disturbed attempt: what disturbed it may be over, and what goes on is the machine's own"""
WATCHED_SECONDS = 0.3
"""the load is watched at least that long: a system counts processor time in hundredths of a second"""
Timed = TypeVar("Timed")


class Try(NamedTuple, Generic[Timed]):
    """What one attempt gave, and what disturbed it."""

    found: Timed
    load: float | None
    """mean number of cores that other programs kept busy; None where no system tells"""
    stopped: bool = False
    """whether this process was stopped meanwhile, which also hides how busy the others were"""
    idle: float | None = None
    """the load while nothing was timed, the least of all pauses; None where there was none"""

    @property
    def exclusive(self) -> bool | None:
        """Whether it ran alone and on, but for what the machine does by itself; None where no system tells."""
        if self.stopped:
            return False
        return None if self.load is None else self.load - min(self.idle or 0.0, IDLE_CORES) <= BUSY_CORES

    @property
    def disturbance(self) -> str:
        """What disturbed it, in words."""
        return "this process was stopped" if self.stopped else f"other programs used {self.load:.2f} cores"


def tries(timing: Callable[[], Timed], carry_on: Callable[[], None], repeats: int) -> list[Try[Timed]]:
    """Attempts at `timing` until one was not disturbed, `repeats` at most. `carry_on` is more of the same work, done
    while the load is still watched. After one that seems disturbed there is a pause, which tells what the machine does
    by itself."""
    found: list[Try[Timed]] = []
    with Stops() as stops:
        while len(found) < repeats and not (found and found[-1].exclusive is not False):
            if found:
                log(f"{found[-1].disturbance}: timing again ({len(found) + 1} of {repeats})")
            found = beside([*found, attempt(timing, carry_on, stops)])
            if found[-1].exclusive is False:
                found = beside(found, idle_load())
    return found


def attempt(timing: Callable[[], Timed], carry_on: Callable[[], None], stops: Stops) -> Try[Timed]:
    """One of them."""
    others, before = OtherLoad(), stops.count
    result = timing()
    while others.seconds() < WATCHED_SECONDS:
        carry_on()
    return Try(result, others.cores(), stops.count > before)


def idle_load() -> float | None:
    """How busy the machine is in a pause of PAUSE_SECONDS."""
    others = OtherLoad()
    time.sleep(PAUSE_SECONDS)
    return others.cores()


def beside(found: list[Try[Timed]], idle: float | None = None) -> list[Try[Timed]]:
    """The attempts with what all pauses tell, once a further one had the load `idle`."""
    known = [load for load in (idle, *(each.idle for each in found)) if load is not None]
    return [each._replace(idle=min(known, default=None)) for each in found]


def least_disturbed(found: list[Try[Timed]]) -> Try[Timed]:
    """The attempt that was not stopped, or of several the one with the least load beside it."""
    return min(found, key=lambda attempt: (attempt.stopped, attempt.load or 0.0))
