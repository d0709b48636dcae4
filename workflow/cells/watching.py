"""Whether the steps of a process end, and the making of its head. The process says in shared memory when it is within
one; its supervisor watches.

A step that does not end within the time that the config gives it, or many times that of the longest one before, hangs:
a deadlock, a loop without end, a driver that does not answer. The images of a step are loaded within it; validating and
saving are no steps: they take what they take. Nor is the time counted in which somebody has stopped one of the
processes that work together, as the others then wait for it.
"""

import faulthandler
import mmap
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import BinaryIO, cast

import psutil

from workflow.endings import Ending, worker

WATCHED = "HEADROOM_WATCHED"
"""set in the environment of a worker: the handle of the file that it shares with its supervisor"""
SIZE = mmap.PAGESIZE
"""bytes that are shared; behind them the worker writes where it is, if it is asked"""
LONG = 1.0
"""seconds from which on a step is so long that somebody may have stopped a process"""
LONGER = 20
"""times the longest step so far that a step may take"""
ASK = signal.SIGUSR1
ANSWER = 1.0  # seconds that a worker has to say where it is
TOGETHER = "torch/distributed/"
"""in the path of the code in which a process waits for the others"""


@contextmanager
def within_step() -> Iterator[None]:
    """The block is a step, whose end the supervisor waits for, where there is one."""
    shared = _shared()
    shared[0] = (shared[0] + 1) % 256  # odd within a step
    try:
        yield
    finally:
        shared[0] = (shared[0] + 1) % 256


@contextmanager
def within_making() -> Iterator[None]:
    """The block makes the head: it has to end like a step, and says nothing of how long steps take."""
    shared = _shared()
    shared[1] = 1
    try:
        yield
    finally:
        shared[1] = 0


@lru_cache(maxsize=1)
def _shared() -> mmap.mmap | bytearray:
    """What this process shares with its supervisor; from now on it says where it is when it is asked."""
    handle = int(os.environ.get(WATCHED, -1))
    if handle < 0:
        return bytearray(2)
    os.lseek(handle, SIZE, os.SEEK_SET)
    faulthandler.register(ASK, file=handle, all_threads=False)
    return mmap.mmap(handle, SIZE)


class Watch:
    """A supervisor's eye on the steps of one worker, none of which may take `patience` seconds or longer."""

    def __init__(self, patience: float):
        self.patience, self.longest, self.lasts, self.count, self.making = patience, 0.0, 0.0, 0, False
        self.file = in_memory()
        self.file.truncate(SIZE)
        self.shared = mmap.mmap(self.file.fileno(), SIZE)

    def close(self) -> None:
        self.shared.close()
        self.file.close()

    @property
    def limit(self) -> float:
        """Seconds that a step may take."""
        return max(self.patience, LONGER * self.longest)

    @property
    def is_long(self) -> bool:
        """Whether the step lasts so long that the reason may be a process that somebody has stopped."""
        return self.lasts > min(LONG, self.patience / 2)

    def sees_it_hang(self, seconds: float) -> bool:
        """Look again, `seconds` that count after the last time: whether the process hangs in a step, or making its
        head."""
        made, self.making = self.making and not self.shared[1], bool(self.shared[1])
        if made:
            self.lasts = 0.0
        if self.making:
            self.lasts += seconds
        elif self.shared[0] != self.count:
            self.longest = max(self.longest, self.lasts)
            self.lasts, self.count = 0.0, self.shared[0]
        elif self.count % 2:
            self.lasts += seconds
        return self.lasts > self.limit

    def where(self) -> str:
        """Where the worker was when it was asked; empty where it did not answer."""
        self.file.seek(SIZE)
        return self.file.read().decode(errors="replace")


def in_memory() -> BinaryIO:
    """A file that no full disk keeps from being written: who then writes to memory that it is mapped to is killed."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("headroom"), "w+b")
    return cast(BinaryIO, tempfile.TemporaryFile())


def is_stopped(process: int) -> bool:
    """Whether somebody has stopped a process, to go on later."""
    try:
        return bool(psutil.Process(process).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def ask(processes: Sequence[int]) -> None:
    """Have processes say where they are."""
    for process in processes:
        with suppress(OSError):  # ended meanwhile
            os.kill(process, ASK)
    time.sleep(ANSWER)


def hung(statuses: Sequence[int | None], watches: Sequence[Watch]) -> Ending:
    """The ending of workers, those that had to be ended with the status None, of which one hung; which, as far as they
    say. In the log, where each was."""
    task, done = "end a step", "ended its step"
    if any(watch.making for watch in watches):
        task, done = "finish making its head", "finished making its head"
    places = {rank: watches[rank].where() for rank, status in enumerate(statuses) if status is None}
    for rank, place in places.items():
        print(
            f"{worker(rank, statuses)} had not {done}. {place or 'It did not say where it was.'}",
            file=sys.stderr,
        )
    alone = [rank for rank, place in places.items() if not waits(place)]
    who = " and ".join(worker(rank, statuses) for rank in alone or places)
    limit = max(watch.limit for watch in watches)
    return Ending("failed", f"{who} did not {task} within {limit:g} s (train.hung_after): the log says where")


def waits(place: str) -> bool:
    """Whether a process that is there waits for others."""
    return TOGETHER in "".join(place.splitlines()[1:2])
