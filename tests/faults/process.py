"""A stage in a process of its own, killed at a moment if need be.

The processes are forked from one that has imported torch already, so that a stage takes as long as its work does.
"""

import multiprocessing
import os
import resource
import runpy
import signal
import sys
import threading
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.faults.chain import Stage
from workflow.errors import TO_MEND, WORKER

ROOT = Path(__file__).parents[2]
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
"""what Python tells an audit hook before it changes a folder; that a file is opened is told as `open`"""
TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT
PATIENCE = 300.0  # seconds after which a stage hangs


@dataclass(frozen=True)
class Kill:
    """A signal to a stage: before its change number `change` of the file system, or after so many seconds; to its
    process, or to the one that it supervises."""

    number: signal.Signals
    change: int | None = None
    seconds: float | None = None
    worker: bool = False


class Ended(NamedTuple):
    """Exit status of a stage, negative for a signal, and whether the kill met it alive."""

    status: int
    killed: bool = False


@dataclass(frozen=True)
class Way:
    """How a stage is run: under its supervisor if it has one, and with how many bytes a file may have."""

    supervised: bool = False
    room: int = resource.RLIM_INFINITY


ALONE = Way()


def context() -> ForkServerContext:
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["tests.faults.preloaded"])
    return found


def run(stage: Stage, folder: Path, kill: Kill | None = None, way: Way = ALONE) -> Ended:
    """Run `stage` in `folder`. What it says is added to logs/<name>.log."""
    process = context().Process(target=perform, args=(stage, folder, kill, way))
    process.start()
    struck = False
    if kill and kill.seconds is not None:
        process.join(kill.seconds)
        struck = strike(process, kill)
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        raise AssertionError(f"{stage.name} in {folder} hangs after {kill}")
    return Ended(process.exitcode or 0, struck or bool(kill and process.exitcode))


def strike(process: BaseProcess, kill: Kill) -> bool:
    """Send the signal to a process or its worker, and see that no worker outlives it; whether there was anything to
    kill."""
    try:
        supervisor = psutil.Process(process.pid)
        workers = supervisor.children()
        for target in (kill.worker and workers) or [supervisor]:
            target.send_signal(kill.number)
    except psutil.NoSuchProcess:
        return False
    process.join(PATIENCE)
    psutil.wait_procs(workers, PATIENCE)
    return True


def perform(stage: Stage, folder: Path, kill: Kill | None, way: Way) -> None:
    """In the new process: what `python -m` would do in `folder`."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell lets those ignore that it runs behind
    os.chdir(folder)
    Path("logs").mkdir(exist_ok=True)
    log = os.open(f"logs/{stage.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | ({} if way.supervised else {WORKER: str(TO_MEND)})
    resource.setrlimit(resource.RLIMIT_FSIZE, (way.room, way.room))
    watch(f"logs/{stage.name}.changes", kill)
    sys.argv = [stage.module, *stage.arguments]
    runpy.run_module(stage.module, run_name="__main__", alter_sys=True)


def watch(count: str, kill: Kill | None) -> None:
    """Count the changes that this process makes to files here, in the file `count`, and send `kill` before its one."""
    handle, changes, main = os.open(count, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 0, threading.main_thread()

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal changes
        if not (threading.current_thread() is main and is_change(event, arguments)):
            return
        changes += 1
        os.pwrite(handle, str(changes).encode(), 0)
        if kill and changes == kill.change:
            os.kill(os.getpid(), kill.number)

    sys.addaudithook(hook)


def is_change(event: str, arguments: tuple[object, ...]) -> bool:
    """Whether an audit event tells of a change to a file below the working folder."""
    if event == "open":
        if not (isinstance(arguments[2], int) and arguments[2] & TO_WRITE):
            return False
    elif event not in CHANGES:
        return False
    path = arguments[0]
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    name = os.fsdecode(path)
    return not name.startswith("/") or name.startswith(os.getcwd())
