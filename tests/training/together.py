"""Functions run on several processes of this machine, as torchrun would start them but without its seconds."""

import io
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable
from typing import Any

import torch
from torch.distributed import TCPStore

from workflow.cells.supervising import outlast
from workflow.training.processes import joined

SECONDS = 60


def together(number: int, function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What `function(*arguments)` returns in each of `number` joined processes; an error in one fails the test."""
    statuses, results = outcomes(number, function, *arguments)
    assert statuses == [0] * number
    return results


def outcomes(number: int, function: Callable[..., Any], *arguments: Any) -> tuple[list[int], list[Any]]:
    """Exit statuses by rank, None where a process had to be ended because another failed, and what was returned, or
    None where a process ended without returning."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([function.__module__])  # imported once, for all processes to come
    store = TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
    pipes = [context.Pipe(duplex=False) for _ in range(number)]
    members = [
        context.Process(target=_member, args=(rank, number, store.port, pipe[1], function, arguments))
        for rank, pipe in enumerate(pipes)
    ]
    for member, pipe in zip(members, pipes, strict=True):
        member.start()
        pipe[1].close()
    watched = [Member(process, reader) for process, (reader, _) in zip(members, pipes, strict=True)]
    return outlast(watched), [member.result() for member in watched]


class Member:
    """A process as the supervisor sees one: it has ended well once it has returned."""

    def __init__(self, process: multiprocessing.Process, reader: Any):
        self.process, self.reader, self.started = process, reader, time.monotonic()
        self.sent: bytes | None = None

    def poll(self) -> int | None:
        assert time.monotonic() - self.started < SECONDS, "a process neither returned nor ended"
        return 0 if self.returned() else self.process.exitcode

    def returned(self) -> bool:
        try:
            if self.sent is None and self.reader.poll():
                self.sent = self.reader.recv_bytes()
        except EOFError:
            pass  # it ends without having returned
        return self.sent is not None

    def result(self) -> Any:
        return torch.load(io.BytesIO(self.sent), weights_only=False) if self.returned() else None

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def _member(rank: int, number: int, port: int, pipe: Any, function: Callable[..., Any], arguments: tuple) -> None:
    names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": number, "LOCAL_WORLD_SIZE": number}
    names |= {"MASTER_ADDR": "localhost", "MASTER_PORT": port, "TORCHELASTIC_USE_AGENT_STORE": True}
    os.environ.update({name: str(value) for name, value in names.items()})
    torch.set_num_threads(1)
    try:
        with joined("cpu"):
            result = function(*arguments)
    except Exception:
        traceback.print_exc()
        raise SystemExit(2) from None
    content = io.BytesIO()
    torch.save(result, content)
    pipe.send_bytes(content.getvalue())
