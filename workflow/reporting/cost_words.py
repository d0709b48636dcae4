"""What a reader must know of a timing: periodic work that is in it, and what ran beside it."""

from workflow.cells.cost_records import BUSY_CORES
from workflow.reporting.words import classes_words, count, ending_words, number
from workflow.summary.stored import CostRow
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending

SHARED = "timed while other jobs ran: not comparable"
STOPPED = "stopped while it was timed: not comparable"


def timing_words(cost: CostRow) -> str:
    """The footnote of a step time or a rate; empty where there is nothing to say."""
    return "; ".join(words for words in (upkeep_words(cost), company_words(cost)) if words)


def upkeep_words(cost: CostRow) -> str:
    """What of a step time is periodic work; empty where the head has none."""
    upkeep = cost.upkeep
    if not upkeep.ms_per_step:
        return ""
    often = f"every {count(upkeep.every_steps or 0)} steps, at {classes_words(cost.classes)}"
    took = f"{cost.name} does in {number(upkeep.seconds)} s {often}"
    return f"{number(upkeep.ms_per_step)} ms of each step are for work that {took}"


def company_words(cost: CostRow) -> str:
    """That other programs ran during a timing, and how much, or that it was stopped."""
    if cost.stopped:
        return STOPPED
    busy = busy_words(cost.other_load_cores or 0, cost.idle_load_cores)
    if cost.exclusive is False:
        return f"{SHARED} ({busy})" if busy else SHARED
    return f"{busy}: read it with care" if busy else ""


def busy_words(load: float, idle: float | None) -> str:
    """How many cores other programs used during a timing, and while nothing was timed; empty where they were few."""
    if load <= BUSY_CORES:
        return ""
    busy = f"other programs used {number(load, 1)} cores while this was timed"
    return busy if idle is None else f"{busy}, and {number(idle, 1)} while nothing was"


def has_upkeep(summary: Summary) -> bool:
    """Whether any step time holds periodic work."""
    return bool((summary.costs["upkeep.ms_per_step"].fillna(0) > 0).any())


def no_cost(cost: CostRow | None) -> str:
    """Why a number about the whole training step is not there."""
    if cost is None:
        return "no end-to-end cost cell was planned for this row"
    return "the meter reported nothing" if cost.outcome == Ending.OK else ending_words(cost.outcome, cost.reason)


def no_device(device: str | None) -> str:
    """Why there are no GPU readings."""
    return f"these meters need an NVIDIA GPU; this run used {device or 'a device that has none'}"


def device_of(summary: Summary) -> str | None:
    """The device of machine.json, None if there is no such record."""
    return summary.facts.machine.device if summary.facts.machine else None
