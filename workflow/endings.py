"""How processes end, in words: an outcome and, unless that is ok, a reason."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import ValidationError

Outcome = Literal["ok", "out of memory", "diverged", "failed"]

OUT_OF_MEMORY = ("can't allocate memory", "std::bad_alloc", "out of memory", "ALLOC_FAILED")
"""what torch and its libraries say where they raise a plain RuntimeError"""
GONE = 3
"""exit status of a process that the others it works with have left, or left waiting: it knows no more than that"""
LONGEST = 300
"""letters of a library's or head's own words in a reason"""
VMSTAT = Path("/proc/vmstat")


class Ending(NamedTuple):
    """How a cell ended: its outcome and, unless that is ok, the reason."""

    outcome: Outcome
    reason: str | None = None


class Ended(Exception):
    """Work that cannot go on, which is a result: its `ending` belongs into a record."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.reason)
        self.ending = ending


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that there was too little memory."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY)


def in_one_line(error: BaseException) -> str:
    """What an error says in its first line; of what does not fit a record, the fields."""
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False)
        return "; ".join(f"{error.title}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
    words = str(error).strip().partition("\n")[0]
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def named(statuses: Sequence[int | None], memory_killed: bool, number: int | None = None) -> Ending:
    """The ending of workers that left no record, by their exit `statuses`: negative for a signal, None for those that
    had to be ended. A single status may stand for all of a `number`, on several machines."""
    first = next((status for status in statuses if status and status < 0), None)
    if first is None:
        return Ending("failed", silence(statuses))
    shared = len(statuses) == 1 and number is not None and number > 1
    who = f"one of {number} processes" if shared else worker(statuses.index(first), statuses)
    if first == -signal.SIGKILL and memory_killed:
        return Ending("out of memory", f"{who} was killed by the kernel, which ran out of memory")
    try:
        name = signal.Signals(-first).name
    except ValueError:
        name = "unknown"
    return Ending("failed", f"{who} was killed by signal {-first} ({name})")


def silence(statuses: Sequence[int | None]) -> str:
    """How workers that no signal ended left nothing behind."""
    own = next((status for status in statuses if status not in (0, None, GONE)), None)
    if own is None and GONE in statuses and None in statuses:
        return f"{worker(statuses.index(None), statuses)} did not answer the others, and had to be ended"
    status = own or next((status for status in statuses if status), 0)
    who = worker(statuses.index(status) if status in statuses else 0, statuses)
    return f"{who} ended with status {status} and left no record: see the log"


def worker(rank: int, statuses: Sequence[int | None]) -> str:
    """One of the workers, in words."""
    return "the process" if len(statuses) == 1 else f"process {rank} of {len(statuses)}"


def memory_kills() -> int | None:
    """How many processes the kernel has killed for want of memory since it started; None where it does not say."""
    try:
        counts = dict(line.split() for line in VMSTAT.read_text(encoding="ascii").splitlines())
        return int(counts["oom_kill"])
    except (OSError, KeyError, ValueError):
        return None
