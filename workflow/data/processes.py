"""Work spread over processes, results in the order of the tasks: the outcome does not depend on how many there are."""

import ctypes
import multiprocessing
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

from workflow.errors import UserError

T = TypeVar("T")
R = TypeVar("R")

CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}
"""signals by which a process ends through a fault of its own"""
NAMES = {one.value: one.name for one in signal.Signals}
GRACE = 5.0  # seconds that the system has to tell how a process ended

_part: ctypes.c_longlong | None = None  # what `at` notes, in memory that the first process shares


class ProcessDied(UserError, Generic[T]):
    """A process ended without a result: of which task, at which part of it, and how; `crashed` if by its own fault."""

    def __init__(self, task: T, part: int, status: int | None) -> None:
        self.task, self.part, self.crashed = task, part, -(status or 0) in CRASHES
        self.ending = f"ended with status {status}"
        if status is not None and status < 0:
            self.ending = f"was killed by signal {-status} ({NAMES.get(-status, 'unknown')})"
        super().__init__(f"a process {self.ending}: if memory was short, use fewer (--jobs, snakemake --cores)")


def at(part: int) -> None:
    """Note at which part of its task this process is, for the case that it dies of it."""
    if _part is not None:
        _part.value = part


def in_parallel(function: Callable[[T], R], tasks: Sequence[T], jobs: int, apart: bool = False) -> Iterator[R]:
    """Yield function(task) for every task, in order, computed by `jobs` processes; one is this one, unless what may
    kill it must be kept `apart`.

    Raises what `function` raises, of the first task that does; and ProcessDied at once when a process is killed.
    """
    number = min(max(jobs, 1), len(tasks))
    if number < 2 and not apart:
        yield from map(function, tasks)
        return
    workers = [Worker(function) for _ in range(number)]
    try:
        yield from (answer.value() for answer in _in_order(workers, tasks))
    finally:
        for worker in workers:
            worker.end()


class Answer(Generic[R]):
    """What came of a task: a result, or what was raised."""

    def __init__(self, *results: R, error: Exception | None = None) -> None:
        self.results, self.error = results, error

    def value(self) -> R:
        """The result; raises what was raised."""
        if self.error is not None:
            raise self.error
        return self.results[0]


class Worker(Generic[T, R]):
    """A process that computes `function` of one task after the other."""

    def __init__(self, function: Callable[[T], R]) -> None:
        context = multiprocessing.get_context("spawn")
        self.part = context.RawValue("q", 0)
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(function, other, self.part), daemon=True)
        self.process.start()
        other.close()  # the process holds it alone: if that dies, the pipe says so

    def take(self, number: int, task: T) -> None:
        """Start with task `number`."""
        self.number, self.task = number, task
        with suppress(OSError):  # it has died: `answer` will say so
            self.pipe.send(task)

    def answer(self) -> Answer[R]:
        """What came of the task; raises ProcessDied."""
        try:
            answer: Answer[R] = self.pipe.recv()
        except (EOFError, OSError) as lost:
            self.process.join(GRACE)
            raise ProcessDied(self.task, self.part.value, self.process.exitcode) from lost
        return answer

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _in_order(workers: list[Worker[T, R]], tasks: Sequence[T]) -> Iterator[Answer[R]]:
    waiting, done = iter(enumerate(tasks)), dict[int, Answer[R]]()
    busy = {worker.pipe: worker for worker in workers}
    for worker in workers:
        worker.take(*next(waiting))
    for number in range(len(tasks)):
        while number not in done:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                done[worker.number] = worker.answer()
                if (following := next(waiting, None)) is None:
                    del busy[worker.pipe]
                else:
                    worker.take(*following)
        yield done.pop(number)


def _serve(function: Callable[[T], R], pipe: Connection, part: ctypes.c_longlong) -> None:
    """Answer each task, until the first process is gone."""
    global _part
    _part = part
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the first process, which ends this one
    with suppress(EOFError, OSError):
        while True:
            pipe.send(_answer(function, pipe.recv()))


def _answer(function: Callable[[T], R], task: T) -> Answer[R]:
    try:
        return Answer(function(task))
    except Exception as error:
        error.add_note(traceback.format_exc())
        return Answer(error=error)
