"""How training ended, as an outcome and a reason."""

import traceback
from collections.abc import Callable

import torch
import torch.distributed as dist

import heads
from heads.kit.ranks import count
from workflow.console import log
from workflow.data.crew import LoaderDied
from workflow.endings import GONE, Ending, in_one_line, out_of_memory
from workflow.errors import UserError
from workflow.files import blames_the_disk
from workflow.training.assembly import Refused
from workflow.training.trainer import Diverged


class Alone(UserError):
    """Another process of the run is gone, or does not answer; which one and why, the supervisor may know."""

    status = GONE


def attempt(train: Callable[[], None]) -> Ending:
    """Run `train` and name how it ended, with the reason where it did not end well."""
    try:
        train()
    except BaseException as error:
        return ending_of(error)
    return Ending("ok")


def ending_of(error: BaseException) -> Ending:
    """The ending that `error` stands for; UserError, OSError and Ctrl-C are raised again: they say nothing about the
    head."""
    if isinstance(error, Diverged):
        return Ending("diverged", str(error))
    if isinstance(error, Refused | heads.Refused | LoaderDied):
        return Ending("failed", str(error))
    if isinstance(error, UserError | OSError | KeyboardInterrupt):
        raise error
    return _of_a_head(error)


def _of_a_head(error: BaseException) -> Ending:
    sentence = in_one_line(error)
    if out_of_memory(error) or isinstance(error, torch.OutOfMemoryError):
        return Ending("out of memory", sentence or "the host ran out of memory")
    if blames_the_disk(str(error)):
        raise UserError(f"a file could not be written ({sentence}): free some disk space and run again") from error
    if _says_that_another_is_gone(error):
        raise Alone("another process of this run is gone, or did not answer: run again to continue from its checkpoint")
    log("the cell failed; what follows is for the author of the head")
    traceback.print_exception(error)
    return Ending("failed", f"{type(error).__name__}: {sentence or 'no message'}")


def _says_that_another_is_gone(error: BaseException) -> bool:
    """Whether `error` comes from the connection between processes, which ends with any of them."""
    return count() > 1 and (isinstance(error, dist.DistError) or "gloo/transport" in str(error))
