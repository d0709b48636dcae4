"""One run on several processes: how they meet, which of them speaks for all, and how they end together.

`torchrun --standalone --nproc-per-node W -m workflow.training ...` starts them; a process started alone passes through
here unchanged. An error that all meet is said once. One that only some meet, such as too little memory, would leave the
others waiting inside a collective call for ever: every process therefore has a thread that looks whether another has
ended the run, and ends its own process then.
"""

import os
import shlex
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from heads.kit.ranks import count, rank
from workflow import console
from workflow.devices import pick_device

ENDED, GONE = "headroom/ended", "headroom/gone"
GLANCE = 0.2  # seconds between looks at whether another process has ended the run
PATIENCE = 60.0  # seconds that the last process waits for the others to leave
TIMEOUT = timedelta(hours=1)  # of a collective call: a validation of the first process must fit
LOST = ("closed by peer", "reset by peer", "Broken pipe", "remote process exited")


class Watch:
    """A thread that ends this process when another has ended the run. `store` is torchrun's, shared by all."""

    def __init__(self, store: dist.Store, rank: int, processes: int):
        self.store = store.clone()  # of its own: the other may be in use for as long as a collective call waits
        self.rank, self.processes = rank, processes
        self.alone = False
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True, name="watch")
        self.thread.start()

    def claim(self, status: int) -> bool:
        """End the run: the others leave with `status`. False if another process was first."""
        told = self.store.compare_set(ENDED, "", f"{self.rank} {status}")
        return int(told.split()[0]) == self.rank

    def outlive(self) -> None:
        """Return in one process, after the others have left without complaint; does not return in those."""
        if not self.claim(0):
            self.thread.join()
            raise SystemExit(2)
        deadline = time.monotonic() + PATIENCE
        while self.store.add(GONE, 0) < self.processes - 1 and time.monotonic() < deadline:
            time.sleep(GLANCE / 4)
        self.alone = True

    def stop(self) -> None:
        """Look no longer. A thread still at work when Python ends can abort the process."""
        self.over.set()
        self.thread.join()

    def _look(self) -> None:
        try:
            while not self.over.wait(GLANCE):
                if self.store.check([ENDED]):
                    return self._leave(*map(int, self.store.get(ENDED).split()))
        except RuntimeError:  # the store is gone and so is torchrun, which ends its processes itself
            return

    def _leave(self, first: int, status: int) -> None:
        if first != self.rank:
            self.store.add(GONE, 1)
            os._exit(status)


_watch: Watch | None = None


@contextmanager
def joined(device: str) -> Iterator[None]:
    """Within the block the processes that torchrun started work together; `device` is the config's `train.device`.

    The first process that an error reaches raises it, the others end silently with status 2.
    """
    global _watch
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield
        return
    store, number, world = next(iter(rendezvous("env://")))
    _watch = Watch(store, number, world)
    try:
        _connect(pick_device(device), store, number, world)
        yield
        if not _watch.alone:
            dist.destroy_process_group()
    except BaseException:
        if not _watch.claim(2):
            raise SystemExit(2) from None
        raise
    finally:
        _watch.stop()
        _watch = None


def _connect(device: torch.device, store: dist.Store, number: int, world: int) -> None:
    """nccl between GPUs; gloo between CPUs, and for what the host has to tell."""
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=number, world_size=world, timeout=TIMEOUT)


def leads() -> bool:
    """Whether this process logs and writes for all: the first does, or the only one left."""
    return rank() == 0 or (_watch is not None and _watch.alone)


def log(message: str) -> None:
    """One dated line on standard error, from one process."""
    if leads():
        console.log(message)


def outlive() -> bool:
    """End the other processes, if any, after a failure that they need not share; True if there were others.

    Of several that fail at once one returns. Collective calls are no longer possible.
    """
    if _watch is None:
        return False
    _watch.outlive()
    return True


def lost(error: Exception) -> bool:
    """Whether `error` says that another process of the run is no longer there."""
    return count() > 1 and any(text in str(error) for text in LOST)


def command(own: str) -> str:
    """The command that started the run, of which `own` is this process's part."""
    if count() == 1:
        return own
    arguments = shlex.join(sys.orig_argv[sys.orig_argv.index("-m") :]) if "-m" in sys.orig_argv else own
    return f"torchrun --standalone --nproc-per-node {count()} {arguments}"
