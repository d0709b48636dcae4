"""One run on several processes: how they meet, and which of them speaks for all.

A supervisor (workflow/cells/supervising.py) or `torchrun --standalone --nproc-per-node W -m workflow.training ...`
starts them, and ends the others when one fails; a process started alone passes through here unchanged.
"""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist

from heads.kit.ranks import count, rank
from workflow import console
from workflow.devices import pick_device
from workflow.errors import WORKER

TIMEOUT = timedelta(hours=1)
"""of a collective call, in which a validation of the first process must fit; a supervisor sees much earlier that a step
does not end"""


@contextmanager
def joined(device: str) -> Iterator[None]:
    """Within the block the processes that were started together work together; `device` is the config's
    `train.device`."""
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield
        return
    chosen = pick_device(device)
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    # nccl between GPUs; gloo between CPUs, and for what the host has to say
    dist.init_process_group("cpu:gloo,cuda:nccl" if chosen.type == "cuda" else "gloo", timeout=TIMEOUT)
    yield
    dist.destroy_process_group()


def leads() -> bool:
    """Whether this process logs and writes for all."""
    return rank() == 0


def log(message: str) -> None:
    """One dated line on standard error, from one process."""
    if leads():
        console.log(message)


def command(own: str | None) -> str | None:
    """The command that started the run, of which `own` is this process's part."""
    if own is None or count() == 1 or WORKER in os.environ:
        return own
    arguments = shlex.join(sys.orig_argv[sys.orig_argv.index("-m") :]) if "-m" in sys.orig_argv else own
    return f"torchrun --standalone --nproc-per-node {count()} {arguments}"
