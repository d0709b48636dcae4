"""One process at a time in a folder: a second one waits, and finds what the first has made."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from workflow.cells.paths import LOCK
from workflow.console import log
from workflow.errors import UserError


@contextmanager
def in_turn(folder: Path) -> Iterator[bool]:
    """Make `folder` and hold its lock, which ends with this process however that ends; yields whether it had to wait.

    UserError if the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {folder} ({error.strerror}): choose another one") from error
    lock = FileLock(folder / LOCK)
    waited = _acquired(lock, folder)
    try:
        yield waited
    finally:
        if lock.is_locked:
            (folder / LOCK).unlink(missing_ok=True)  # who waits for it notices, and makes a new one
            lock.release()


def _acquired(lock: FileLock, folder: Path) -> bool:
    """Whether another process had to be waited for."""
    try:
        lock.acquire(blocking=False)
    except Timeout:
        log(f"another process is at work in {folder}: waiting for it")
        lock.acquire()
        return True
    except OSError:  # its file system has no locks, or nobody may write here: then writing will say so
        pass
    return False
