"""How a measurement ends. Not fitting into memory is a result, and so is a head that refuses a size."""

import traceback
from collections.abc import Callable
from typing import NamedTuple

import torch

from heads.kit import Cost
from workflow.console import log
from workflow.data.crew import LoaderDied
from workflow.endings import Outcome, in_one_line, out_of_memory
from workflow.errors import UserError
from workflow.files import blames_the_disk
from workflow.measuring.meters import available_bytes
from workflow.measuring.sizes import requested_bytes, size_words
from workflow.training.trainer import Diverged


class Conclusion(NamedTuple):
    """How a cell ended, why if it did not end well, and the bytes that could not be had, if that is known."""

    outcome: Outcome
    reason: str | None = None
    requested_bytes: int | None = None


class DoesNotFit(Exception):
    """What the head declares to hold is more than the memory that is free: trying would only thrash."""

    def __init__(self, cost: Cost, free: int, where: str):
        self.needed = cost.state_bytes + cost.working_bytes
        held = f"{size_words(self.needed)} ({size_words(cost.state_bytes)} of state, the rest while it works)"
        super().__init__(
            f"predicted, not tried: it declares to need {held}, and {size_words(free)} of {where} memory are free"
        )


def check_fits(cost: Cost | None, device: torch.device) -> None:
    """Raise DoesNotFit if what the head declares cannot be held, before anything is allocated."""
    free = available_bytes(device)
    if cost is not None and cost.state_bytes + cost.working_bytes > free:
        raise DoesNotFit(cost, free, "GPU" if device.type == "cuda" else "host")


def conclude(measure: Callable[[], None]) -> Conclusion:
    """Run `measure` and say how it ended. UserError, OSError and Ctrl-C say nothing about the head and are raised."""
    try:
        measure()
    except BaseException as error:
        return conclusion_of(error)
    return Conclusion("ok")


def conclusion_of(error: BaseException) -> Conclusion:
    """The conclusion that `error` stands for; raises it again if it is not the measured head's."""
    sentence = in_one_line(error) or type(error).__name__
    if isinstance(error, DoesNotFit):
        return Conclusion("out of memory", sentence, error.needed)
    if out_of_memory(error):
        return Conclusion("out of memory", sentence, requested_bytes(str(error)))
    if isinstance(error, Diverged):
        return Conclusion("diverged", sentence)
    if isinstance(error, ValueError | LoaderDied) or isinstance(error.__cause__, ValueError):
        return Conclusion("failed", sentence)
    if isinstance(error, UserError | OSError | KeyboardInterrupt):
        raise error
    if blames_the_disk(str(error)):
        raise UserError(f"a file could not be written ({sentence}): free some disk space and run again") from error
    log("the cell failed; what follows is for the author of the head")
    traceback.print_exception(error)
    return Conclusion("failed", f"{type(error).__name__}: {sentence}")
