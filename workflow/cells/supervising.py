"""The processes that do a cell's work, and the one that waits for them.

A supervisor starts the process that does a cell's work, or several that work together. Where they end without a record,
because the kernel's memory killer, a crash in a library or anybody's signal 9 ended them, it has one written with
outcome and reason: the other cells go on, and the report always comes. Errors that a person must mend (files, disk,
config) leave no record and end with status 2.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from math import inf
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from workflow.cells.stop_requests import passed_on
from workflow.cells.watching import WATCHED, Watch, ask, hung, is_stopped
from workflow.endings import Ended, Ending, in_one_line, memory_kills, named, out_of_memory
from workflow.errors import DIED, TO_MEND, WORKER, UserError, how_it_died
from workflow.files import read_json

TOLD = 82
"""status, instead of 2, of a worker that said what a person must mend: none that a head or a library would end with"""
INTERRUPTED = 130
GLANCE = 0.05  # seconds between looks at the workers
BLINK = 1.0  # seconds that count between two looks at most: the rest of it, this process was stopped itself
GRACE = 2.0  # seconds that workers have to end by themselves once one of them has failed


class Launcher(NamedTuple):
    """Commands: one that starts all processes of a cell on several machines, whose module and arguments follow it, and
    ends with the highest status of them; and one that has the queue send all of them, and this process, a WARNING."""

    command: Sequence[str]
    stop: Sequence[str]


class Worker(Protocol):
    """A process that can be waited for: subprocess.Popen, or something shaped like it."""

    pid: int

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""

    def kill(self) -> None:
        """End it now."""


def is_worker() -> bool:
    """Whether this process was started by a supervisor, or by torchrun, and is to do the work itself."""
    return WORKER in os.environ or int(os.environ.get("WORLD_SIZE", 1)) > 1


def supervise(
    module: str,
    arguments: Sequence[str],
    number: int,
    record: Path,
    lost: Callable[[Ending], None],
    patience: float = inf,
    launcher: Launcher | None = None,
) -> int:
    """Run `python -m module arguments` in `number` processes that work together, on several machines by a `launcher`;
    returns the exit status.

    They leave `record`, or end with status 2 after saying what a person must mend. Where they leave nothing, one of
    several dies of a signal, or a step does not end within `patience` seconds, `lost` writes what the workflow expects
    of such an ending. Who is killed once the record is written changes nothing. Requests to stop are passed on.
    """
    if DIED in os.environ:
        after_death(record, lost)
        return 0
    before, kills = written(record), memory_kills()
    with ExitStack() as files:
        here = places(1 if launcher else number)
        said = [files.enter_context(tempfile.TemporaryFile()) for _ in here[1:]]
        watches = [files.enter_context(closing(Watch(patience))) for _ in here]
        command = [*(launcher.command if launcher else (sys.executable, "-m")), module, *arguments]
        each = zip(here, [None, *said], watches, strict=True)
        workers = [start(command, own, errors, watch) for own, errors, watch in each]
        with passed_on(workers, launcher.stop if launcher else ()) as signalled:
            statuses = [as_signal(status) if launcher else status for status in outlast(workers, watches)]
        repeat(statuses, said)
        ending = hung(statuses, watches) if not any(statuses) and None in statuses else None
    if signalled and any(statuses):
        return INTERRUPTED if INTERRUPTED in statuses else TO_MEND
    died, left = any(status is not None and status < 0 for status in statuses), written(record) not in (before, None)
    if left and (number == 1 or not died or ended_well(record)):  # what survivors say of a dead one is not why
        return 0
    if not died and TOLD in statuses:
        return TO_MEND
    lost(ending or named(statuses, memory_kills() != kills, number))
    return 0


def as_signal(status: int | None) -> int | None:
    """An exit status as Popen tells it, from one as a shell does: negative for a signal."""
    return 128 - status if status is not None and status > 128 else status


def alone(work: Callable[[], None], record: Path, lost: Callable[[Ending], None]) -> None:
    """Do `work`, which leaves `record`, in this process.

    Where there is too little memory for it, or it raises Ended, `lost` is called with that ending; where this process
    dies, the shell that started it has another one call it.
    """
    if DIED in os.environ:
        after_death(record, lost)
    elif ending := ended_early(work):
        lost(ending)  # what the work held is free by now


def ended_early(work: Callable[[], None]) -> Ending | None:
    """Do `work`; how it ended, if that is for want of memory or otherwise a result."""
    try:
        work()
    except UserError:
        raise
    except Ended as ended:
        return ended.ending
    except Exception as error:
        if not out_of_memory(error):
            raise
        return Ending("out of memory", in_one_line(error) or "the host ran out of memory")
    return None


def after_death(record: Path, lost: Callable[[Ending], None]) -> None:
    """What is left to do for a process that died, and its workers with it."""
    if not record.exists():  # the workflow removed what was there before
        lost(how_it_died())


def start(command: list[str], place: dict[str, str], errors: IO[bytes] | None, watch: Watch) -> subprocess.Popen[bytes]:
    """A worker that dies with this process, in a session of its own: a Ctrl-C reaches it through us, and once."""
    shared = watch.file.fileno()
    return subprocess.Popen(
        command,
        env=os.environ | place | {WORKER: str(TOLD), WATCHED: str(shared)},
        stderr=errors,
        pass_fds=[shared],
        start_new_session=sys.platform == "linux",
        preexec_fn=die_with_parent if sys.platform == "linux" else None,
    )


def die_with_parent() -> None:
    """Ask the kernel for a signal 9 when the parent ends (prctl, PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def places(number: int) -> list[dict[str, str]]:
    """What each of `number` workers must have in its environment to meet the others, as torchrun would set it."""
    if number == 1:
        return [{}]
    with socket.socket() as free:
        free.bind(("localhost", 0))
        meeting = {"MASTER_ADDR": "localhost", "MASTER_PORT": str(free.getsockname()[1])}
    shared = meeting | {"WORLD_SIZE": str(number), "LOCAL_WORLD_SIZE": str(number)}
    return [shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(number)]


def outlast(workers: Sequence[Worker], watches: Sequence[Watch] = ()) -> list[int | None]:
    """Wait until all workers have ended well, or one has not and the others had GRACE to follow, or one hangs.

    Returns the exit statuses, negative for a signal, None for workers that had to be ended.
    """
    failed_at, looked = None, time.monotonic()
    while None in (statuses := [worker.poll() for worker in workers]):
        now = time.monotonic()
        if failed_at is None and any(statuses):
            failed_at = now
        if failed_at is not None and now - failed_at > GRACE:
            break
        passed, looked = min(now - looked, BLINK), now
        if any(watch.is_long for watch in watches) and any(is_stopped(worker.pid) for worker in workers):
            passed = 0.0
        seen = [watch.sees_it_hang(passed) for watch in watches]
        if failed_at is None and any(seen):
            ask([worker.pid for worker in workers])
            break
        time.sleep(GLANCE)
    for worker, status in zip(workers, statuses, strict=True):
        if status is None:
            worker.kill()
    return statuses


def repeat(statuses: Sequence[int | None], said: Sequence[IO[bytes]]) -> None:
    """Say what a worker other than the first said last, where the first did not fail: what all meet is said once."""
    failed = [rank for rank, status in enumerate(statuses) if status]
    for rank in failed[:1]:
        if rank > 0:
            said[rank - 1].seek(0)
            sys.stderr.write(said[rank - 1].read().decode(errors="replace"))


def ended_well(record: Path) -> bool:
    """Whether `record` says that the cell ended well."""
    try:
        content = read_json(record)
    except UserError:
        return False
    return isinstance(content, dict) and content.get("outcome") == "ok"


def written(path: Path) -> int | None:
    """When `path` was last written, in ns; None where it does not exist."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
