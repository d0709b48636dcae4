"""The most bytes of temporaries that a piece of work holds at once on the CPU, by the allocator's own account."""

from collections.abc import Callable
from itertools import accumulate

from torch.profiler import ProfilerActivity, profile


def peak_bytes(work: Callable[[], object]) -> int:
    """Bytes by which what torch had allocated grew at most during `work`, called once."""
    return max(_growth(work))


def left_bytes(work: Callable[[], object]) -> int:
    """Bytes that torch has allocated more after `work`, called once, than before."""
    return _growth(work)[-1]


def _growth(work: Callable[[], object]) -> list[int]:
    """By how many bytes what torch had allocated had grown after each allocation and release, 0 at first.

    The profiler records every allocation, also those that an operator makes inside; what existed before counts
    only once it is freed.
    """
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        work()
    events = [event for event in recorded.profiler.kineto_results.events() if event.name() == "[memory]"]
    return list(accumulate((event.nbytes() for event in sorted(events, key=lambda e: e.start_ns())), initial=0))
