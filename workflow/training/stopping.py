"""Asked to stop: by a scheduler, by a person, or because another process trains in the same folder."""

import signal
from pathlib import Path

from filelock import FileLock, Timeout

from heads.kit.ranks import count
from workflow.cells.paths import LOCK
from workflow.errors import UserError


class StopRequest:
    """Turns the first SIGTERM or Ctrl-C into a request that training answers after the current step.

    A second Ctrl-C ends a process that was started alone; to those of torchrun one Ctrl-C may come twice.
    """

    def __init__(self) -> None:
        self.requested = False
        signal.signal(signal.SIGTERM, self._request)
        signal.signal(signal.SIGINT, self._request)

    def _request(self, *_: object) -> None:
        self.requested = True
        if count() == 1:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def claim(folder: Path) -> FileLock:
    """Hold the cell's folder until released or this process ends; UserError if another process is training in it."""
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UserError(f"another process is training in {folder}: wait until it ends, or stop it") from error
    return lock
