"""How training ended, as a word and a reason."""

import traceback
from collections.abc import Callable

import torch

from workflow.console import log
from workflow.errors import UserError
from workflow.training.processes import lost
from workflow.training.trainer import Diverged


def attempt(train: Callable[[], None]) -> tuple[str, str | None]:
    """Run `train` and name how it ended, with the reason where it did not end well."""
    try:
        train()
    except Diverged as error:
        return "diverged", str(error)
    except (MemoryError, torch.OutOfMemoryError) as error:
        return "out of memory", str(error).splitlines()[0] if str(error) else "the host ran out of memory"
    except (UserError, OSError):
        raise
    except Exception as error:
        if "can't allocate memory" in str(error):
            return "out of memory", str(error).splitlines()[0]
        if lost(error):
            raise UserError("another process of this run is gone: run again to continue from its checkpoint") from error
        log("the cell failed; what follows is for the author of the head")
        traceback.print_exc()
        return "failed", f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
    return "ok", None
