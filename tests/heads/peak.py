"""The most bytes of temporaries that a piece of work holds at once on the CPU, by the allocator's own account."""

from collections.abc import Callable

from torch.profiler import ProfilerActivity, profile


def peak_bytes(work: Callable[[], object]) -> int:
    """Bytes by which what torch had allocated grew at most during `work`, called once.

    The profiler is told of every allocation, also of those that an operator makes inside; what existed before counts
    only once it is freed.
    """
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as told:
        work()
    events = [event for event in told.profiler.kineto_results.events() if event.name() == "[memory]"]
    held = highest = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        highest = max(highest, held)
    return highest
