"""How training ended, as an outcome and a reason."""

import traceback
from collections.abc import Callable

import torch
import torch.distributed as dist

from heads.kit.ranks import count
from workflow.cells.ending import Ending, out_of_memory
from workflow.console import log
from workflow.errors import UserError
from workflow.files import blames_the_disk
from workflow.training.trainer import Diverged


def attempt(train: Callable[[], None]) -> Ending:
    """Run `train` and name how it ended, with the reason where it did not end well.

    UserError and OSError are raised, and what hides one: they say nothing about the head.
    """
    try:
        train()
    except Diverged as error:
        return Ending("diverged", str(error))
    except (UserError, OSError):
        raise
    except Exception as error:
        return _of_a_head(error)
    return Ending("ok")


def _of_a_head(error: Exception) -> Ending:
    sentence = str(error).partition("\n")[0]
    if out_of_memory(error) or isinstance(error, torch.OutOfMemoryError):
        return Ending("out of memory", sentence or "the host ran out of memory")
    if blames_the_disk(str(error)):
        raise UserError(f"a file could not be written ({sentence}): free some disk space and run again") from error
    if _says_that_another_is_gone(error):
        raise UserError("another process of this run is gone: run again to continue from its checkpoint") from error
    log("the cell failed; what follows is for the author of the head")
    traceback.print_exc()
    return Ending("failed", f"{type(error).__name__}: {sentence or 'no message'}")


def _says_that_another_is_gone(error: Exception) -> bool:
    """Whether `error` comes from the connection between processes, which ends with any of them."""
    return count() > 1 and (isinstance(error, dist.DistError) or "gloo/transport" in str(error))
