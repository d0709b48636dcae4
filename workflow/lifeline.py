"""No job outlives its workflow: what stops snakemake, or kills it, stops what it has started."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import psutil

WORKFLOW = "HEADROOM_WORKFLOW"
"""set by the shell of a job (workflow/rules/logged.sh): the process that started this shell"""
SECONDS = 1.0  # between looks at it


def follow_workflow() -> None:
    """Have this process, a job of a workflow, asked to stop by SIGTERM once the workflow is gone. Outside of one,
    nothing."""
    workflow = os.environ.pop(WORKFLOW, None)  # what this process starts follows it by itself
    if workflow:
        threading.Thread(target=_follow, args=(int(workflow),), daemon=True).start()


def _follow(workflow: int) -> None:
    while _starter_of_the_shell() == workflow:
        time.sleep(SECONDS)
    print("the workflow that started this is gone: stopping", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)


def _starter_of_the_shell() -> int | None:
    """The process that started the shell that started this one; another one once either has ended."""
    try:
        return psutil.Process(os.getppid()).ppid()
    except psutil.Error:
        return None


def pass_on_stops() -> None:
    """Have SIGTERM and SIGINT, from now on, reach the jobs that the shells of this process run: cells save and stop.

    Then comes what the signal did before; snakemake starts nothing more, and would have waited for all that runs. The
    SIGINT of a terminal reaches the jobs by itself, unlike that of an editor, a container or a service manager.
    """
    for number in (signal.SIGTERM,) if _in_foreground() else (signal.SIGTERM, signal.SIGINT):
        usual = signal.getsignal(number)
        if usual != signal.SIG_IGN:
            signal.signal(number, _passing_on(usual))


def _in_foreground() -> bool:
    """Whether a Ctrl-C at a terminal reaches this process and all that it starts."""
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _passing_on(usual: object) -> Callable[[int, FrameType | None], None]:
    def pass_on(number: int, frame: FrameType | None) -> None:
        for shell in psutil.Process().children():
            with suppress(psutil.Error):  # ended meanwhile
                for job in shell.children():
                    job.terminate()
        if callable(usual):
            usual(number, frame)

    return pass_on
