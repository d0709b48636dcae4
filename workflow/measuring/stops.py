"""Whether this process was stopped and continued (Ctrl-Z, SIGSTOP, a scheduler) while something was timed."""

import signal
from types import FrameType
from typing import Self


class Stops:
    """Counts, within its block, how often this process was continued. Only in the main thread; blocks may be nested."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        self.outer = signal.signal(signal.SIGCONT, self._continued)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGCONT, self.outer)

    def _continued(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if callable(self.outer):
            self.outer(number, frame)
