"""One measurement at a time on a machine, whoever started it."""

import errno
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from workflow.console import Stopwatch, duration, log
from workflow.errors import UserError
from workflow.node import boot

LOCK = f"headroom-measuring-{boot()}.lock"
"""in a folder for temporary files, which machines may share"""
SAFELY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
MEND = "remove it, or set TMPDIR to a folder that all runs can read"


@contextmanager
def alone(folder: Path | None = None) -> Iterator[float]:
    """Hold the machine's measuring lock, waiting for it if need be; yields the seconds waited.

    It keeps out other measurements, of any checkout and user; it cannot keep out other programs (see `OtherLoad`).
    """
    path = Path(folder or tempfile.gettempdir()) / LOCK
    handle = _open(path)
    try:
        waited = Stopwatch()
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log(f"another measurement runs on this machine: waiting for {path}")
            fcntl.flock(handle, fcntl.LOCK_EX)
            log(f"waited {duration(waited.seconds)} for the machine")
        yield waited.seconds
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    """Open the lock file, which another user may own: then it is only readable, and that is enough for a lock.

    In a folder that everybody may write to, anything may lie in its place. A link is not followed, a pipe not waited
    for; whatever is no regular file is a UserError.
    """
    try:
        handle = _made(path)
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise UserError(f"{path} cannot be opened ({reason}): {MEND}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UserError(f"{path} is no regular file: {MEND}")
    return handle


def _made(path: Path) -> int:
    """A handle on the lock file, made where there is none; others may read it, whatever the umask."""
    while True:
        with suppress(FileNotFoundError):
            return os.open(path, SAFELY)
        with suppress(FileExistsError):  # another run was faster
            handle = os.open(path, SAFELY | os.O_CREAT | os.O_EXCL, 0o644)
            os.fchmod(handle, 0o644)
            return handle


class OtherLoad:
    """How busy the rest of the machine was since this was made: the evidence that a measurement ran alone."""

    def __init__(self) -> None:
        self.start = self._read()

    def cores(self) -> float | None:
        """Mean number of processor cores that other processes kept busy; None where the system does not tell."""
        end = self._read()
        if self.start is None or end is None or end[0] <= self.start[0]:
            return None
        wall, busy, own = (after - before for after, before in zip(end, self.start, strict=True))
        return max(0.0, (busy - own) / wall)

    def seconds(self) -> float:
        """Wall time since this was made; endless where the system does not tell its load, as no wait would help."""
        return float("inf") if self.start is None else time.perf_counter() - self.start[0]

    @staticmethod
    def _read() -> tuple[float, float, float] | None:
        try:
            system, own = psutil.cpu_times(), own_seconds()
        except (OSError, psutil.Error):
            return None
        idle = system.idle + getattr(system, "iowait", 0.0)
        counted = sum(system) - getattr(system, "guest", 0.0) - getattr(system, "guest_nice", 0.0)  # guest is in user
        return time.perf_counter(), counted - idle, own


def own_seconds() -> float:
    """Processor time of this process and of all that it started, such as a loader's, whether they still run or not."""
    spent = 0.0
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # ended meanwhile
            spent += sum(child.cpu_times()[:4])  # user, system, and both of its own children that ended
    return spent + sum(os.times()[:4])
