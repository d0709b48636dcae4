"""Requests to stop, which a person or a queue sends, and how a supervisor passes them on to its workers."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

WARNING = signal.SIGURG
"""a request to stop from a queue whose time runs out: ignored by all that do not know of it, where srun answers SIGTERM
by killing what it has started"""
SIGNALS = {
    signal.SIGTERM: signal.SIGTERM,
    signal.SIGINT: signal.SIGINT,
    signal.SIGHUP: signal.SIGTERM,
    WARNING: signal.SIGTERM,
}
"""requests to stop, and as what they reach the workers: a terminal that was closed wants the same as a scheduler"""


@contextmanager
def passed_on(workers: Sequence[subprocess.Popen[bytes]], stop: Sequence[str] = ()) -> Iterator[list[int]]:
    """Within the block, requests to stop go to the workers, by a command where there is one; yields the list of those
    received."""
    received: list[int] = []

    def pass_on(number: int, _: object) -> None:
        received.append(number)
        if stop:
            if number != WARNING:
                subprocess.run(stop, check=False)
            return
        for worker in workers:
            if worker.poll() is None:
                worker.send_signal(SIGNALS[signal.Signals(number)])

    heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]  # nohup means it
    usual = {number: signal.signal(number, pass_on) for number in heard}
    try:
        yield received
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
