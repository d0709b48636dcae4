"""Progress that suits where it is read: a bar in a terminal, dated lines with rate and time left in a log."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
SECONDS_BETWEEN_LINES = 5.0


def log(message: str) -> None:
    """One dated line on standard error."""
    with suppress(OSError):  # of a full disk: work that still goes well does not end for want of a line
        print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


def say(line: str) -> None:
    """One line on standard output: what a stage has to tell in the end."""
    with suppress(OSError):
        print(line, flush=True)


def duration(seconds: float) -> str:
    """Seconds as `1:02:03` or `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def progress(items: Iterable[T], label: str, total: int | None = None, unit: str = "items") -> Iterator[T]:
    """Yield `items` while telling how far it is, how fast it goes and how long it will take."""
    if total is None:
        total = len(items)  # type: ignore[arg-type]
    if sys.stderr.isatty():
        yield from tqdm(items, desc=label, total=total, unit=f" {unit}", leave=False)
        return
    started = told = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - told >= SECONDS_BETWEEN_LINES or done == total:
            told = now
            rate = done / max(now - started, 1e-9)
            log(f"{label}: {done}/{total} {unit}, {rate:.3g}/s, {duration((total - done) / rate)} left")


class Stopwatch:
    """Seconds since it was made, by the monotonic clock."""

    def __init__(self) -> None:
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started
