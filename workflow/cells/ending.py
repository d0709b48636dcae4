"""However a cell ends, a record says so.

A supervisor starts the process that does a cell's work, or several that work together, and waits. Where they end
without a record, because the kernel's memory killer, a crash in a library or anybody's signal 9 ended them, it has one
written with outcome and reason: the other cells go on, and the report always comes. Errors that a person must mend
(files, disk, config) leave no record and end with status 2.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from workflow.cells.records import DatasetName, Outcome, Parameters, RunRecord, SplitRecord
from workflow.cells.spec import RunSpec
from workflow.errors import UserError
from workflow.files import read_json
from workflow.provenance import now, provenance

OUT_OF_MEMORY = ("can't allocate memory", "std::bad_alloc", "out of memory", "ALLOC_FAILED")
"""what torch and its libraries say where they raise a plain RuntimeError"""
WORKER = "HEADROOM_WORKER"
"""set in the environment of a process that a supervisor has started"""
GLANCE = 0.05  # seconds between looks at the workers
GRACE = 2.0  # seconds that workers have to end by themselves once one of them has failed
SIGNALS = (signal.SIGTERM, signal.SIGINT)
VMSTAT = Path("/proc/vmstat")


class Ending(NamedTuple):
    """How a cell ended: its outcome and, unless that is ok, the reason."""

    outcome: Outcome
    reason: str | None = None


class Worker(Protocol):
    """A process that can be waited for: subprocess.Popen, or something shaped like it."""

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""

    def kill(self) -> None:
        """End it now."""


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that there was too little memory."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY)


def beginning(spec: RunSpec, split: SplitRecord) -> RunRecord:
    """The record of a training cell before it is known what became of it; its device is what the config asked for."""
    return RunRecord.model_validate(
        provenance()
        | {
            "cell": spec.cell,
            "parameters": parameters_of(spec),
            "trial": spec.trial,
            "dataset": DatasetName(name=split.dataset, hash=split.dataset_hash),
            "split_hash": split.hash,
            "evaluation_hash": split.evaluation_hash,
            "device": spec.train.device,
            "precision": spec.train.precision,
            "processes": spec.train.processes,
            "planned_steps": spec.train.steps,
            "outcome": "failed",
        }
    )


def parameters_of(spec: RunSpec) -> Parameters:
    """The settings of a cell as its record repeats them."""
    return Parameters(
        options=spec.options,
        momentum=spec.momentum,
        train=spec.train,
        backbone=spec.backbone,
        data=spec.data,
        origins=spec.origins,
    )


def ended(record: RunRecord, ending: Ending) -> RunRecord:
    """`record` with its ending, as of now."""
    return record.model_copy(update={"outcome": ending.outcome, "reason": ending.reason, "finish": now()})


def is_worker() -> bool:
    """Whether this process was started by a supervisor, or by torchrun, and is to do the work itself."""
    return WORKER in os.environ or int(os.environ.get("WORLD_SIZE", 1)) > 1


def supervise(module: str, arguments: Sequence[str], number: int, record: Path, lost: Callable[[Ending], None]) -> int:
    """Run `python -m module arguments` in `number` processes that work together; returns the exit status.

    They leave `record`, or end with status 2 after saying what a person must mend. Where they leave nothing, or one of
    several dies of a signal, `lost` is called with the ending: it writes what the workflow expects. A process that is
    killed once its record is written changes nothing. SIGTERM and SIGINT are passed on.
    """
    before, kills = written(record), memory_kills()
    with ExitStack() as files:
        said = [files.enter_context(tempfile.TemporaryFile()) for _ in range(1, number)]
        command = [sys.executable, "-m", module, *arguments]
        workers = [start(command, own, errors) for own, errors in zip(places(number), [None, *said], strict=True)]
        with passed_on(workers) as signalled:
            statuses = outlast(workers)
        repeat(statuses, said)
    died = any(status is not None and status < 0 for status in statuses)
    if (signalled and any(statuses)) or ({2, 130} & set(statuses) and not died):
        return 130 if 130 in statuses else 2
    left = written(record) not in (before, None)
    if not left or (died and number > 1 and not ended_well(record)):  # what survivors say of a dead one is not why
        lost(named(statuses, memory_kills() != kills))
    return 0


def start(command: list[str], place: dict[str, str], errors: IO[bytes] | None) -> subprocess.Popen[bytes]:
    """A worker that dies with this process, in a session of its own: a Ctrl-C reaches it through us, and once."""
    return subprocess.Popen(
        command,
        env=os.environ | place | {WORKER: "1"},
        stderr=errors,
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


@contextmanager
def passed_on(workers: Sequence[subprocess.Popen[bytes]]) -> Iterator[list[int]]:
    """Within the block, SIGTERM and SIGINT go to the workers; yields the list of those received."""
    received: list[int] = []

    def pass_on(number: int, _: object) -> None:
        received.append(number)
        for worker in workers:
            if worker.poll() is None:
                worker.send_signal(number)

    usual = {number: signal.signal(number, pass_on) for number in SIGNALS}
    try:
        yield received
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def outlast(workers: Sequence[Worker]) -> list[int | None]:
    """Wait until all workers have ended well, or one has not and the others had GRACE to follow.

    Returns the exit statuses, negative for a signal, None for workers that had to be ended.
    """
    failed_at = None
    while None in (statuses := [worker.poll() for worker in workers]):
        if failed_at is None and any(statuses):
            failed_at = time.monotonic()
        if failed_at is not None and time.monotonic() - failed_at > GRACE:
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


def named(statuses: Sequence[int | None], memory_killed: bool) -> Ending:
    """The ending of workers that left no record, by their exit `statuses`."""
    rank = next((rank for rank, status in enumerate(statuses) if status and status < 0), None)
    if rank is None:
        status = next((status for status in statuses if status), 0)
        return Ending("failed", f"the process ended with status {status} and left no record: see the log")
    who = "the process" if len(statuses) == 1 else f"process {rank} of {len(statuses)}"
    number = -(statuses[rank] or 0)
    if number == signal.SIGKILL and memory_killed:
        return Ending("out of memory", f"{who} was killed by the kernel, which ran out of memory")
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = "unknown"
    return Ending("failed", f"{who} was killed by signal {number} ({name})")


def memory_kills() -> int | None:
    """How many processes the kernel has killed for want of memory since it started; None where it does not say."""
    try:
        counts = dict(line.split() for line in VMSTAT.read_text(encoding="ascii").splitlines())
        return int(counts["oom_kill"])
    except (OSError, KeyError, ValueError):
        return None


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
