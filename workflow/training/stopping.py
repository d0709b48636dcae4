"""Asked to stop: by a scheduler, or by a person."""

import signal

from heads.kit.ranks import count
from workflow.cells.stop_requests import WARNING


class StopRequest:
    """Turns the first SIGTERM, Ctrl-C or a queue's WARNING into a request that training answers after the current step.

    A second Ctrl-C ends a process that was started alone; to those of torchrun one Ctrl-C may come twice.
    """

    def __init__(self) -> None:
        self.requested = False
        for number in (signal.SIGTERM, signal.SIGINT, WARNING):
            signal.signal(number, self._request)

    def _request(self, *_: object) -> None:
        self.requested = True
        if count() == 1:
            signal.signal(signal.SIGINT, signal.default_int_handler)
