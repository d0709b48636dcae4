"""Bytes of tensors by torch's own account: exact, and the same at every run and on every machine.

The growth of a process, which is what a CPU's other meters see, also holds what its allocator keeps of memory that was
freed, which differs by megabytes between runs of the same code. The allocator of a GPU keeps an account of its own.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

QUIET = ("KINETO_LOG_LEVEL", "99")
"""or the profiler tells on standard error that it starts and stops"""


@runtime_checkable
class Holder(Protocol):
    """A workload that can tell what it keeps between steps."""

    def kept(self) -> Iterable[Tensor]:
        """Weights, buffers and the optimiser's state; one may be told twice. Nothing else may be left that the next
        step frees: of what was there before, torch's account does not see it."""


def peak_of_tensors(holder: Holder, step: Callable[[], object]) -> int:
    """Most bytes of tensors at once while `step` is taken: what is kept, and by how much it grows."""
    kept = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in holder.kept()}
    return sum(kept.values()) + peak_bytes(step)


def of_module(module: nn.Module) -> Iterator[Tensor]:
    """Parameters and buffers."""
    yield from module.parameters()
    yield from module.buffers()


def of_optimiser(optimiser: torch.optim.Optimizer | None) -> Iterator[Tensor]:
    """Tensors of its state."""
    states = optimiser.state.values() if optimiser else ()
    yield from (value for state in states for value in state.values() if isinstance(value, Tensor))


def peak_bytes(work: Callable[[], object]) -> int:
    """Bytes by which what torch has allocated on the CPU grows at most during `work`, called once."""
    return max(_growth(work))


def left_bytes(work: Callable[[], object]) -> int:
    """Bytes that torch has allocated more after `work`, called once, than before."""
    return _growth(work)[-1]


def _growth(work: Callable[[], object]) -> list[int]:
    """By how many bytes what torch had allocated had grown after each allocation and release, 0 at first.

    The profiler records every allocation, also those that an operator makes inside, and its release; not the release
    of what existed before.
    """
    os.environ.setdefault(*QUIET)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        work()
    found = recorded.profiler.kineto_results if recorded.profiler else None
    events = [event for event in found.events() if event.name() == "[memory]"] if found else []
    return list(accumulate((event.nbytes() for event in sorted(events, key=lambda e: e.start_ns())), initial=0))
