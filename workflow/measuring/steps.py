"""Timing steps: which are warm-up, which count, and when to stop."""

import time
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch

from heads.kit import Head
from workflow.cells.config import Measure
from workflow.cells.watching import within_step
from workflow.console import log
from workflow.measuring.filling import empty_slots
from workflow.measuring.stops import Stops
from workflow.measuring.workload import Workload

FEWEST_STEPS = 3
"""steps that are timed even if the budget of seconds is spent"""


@dataclass
class Samples:
    """One entry a timed step, in milliseconds."""

    wall_ms: list[float] = field(default_factory=list)
    """without what the head's upkeep took in the step, if that was due in it"""
    cpu_ms: list[float] = field(default_factory=list)
    """with everything"""
    stopped: list[bool] = field(default_factory=list)
    """whether this process was stopped within the step, which then says nothing of its time"""
    loss: float = float("nan")
    next_step: int = 0

    def without_stops(self) -> "Samples":
        """The same without the steps that were stopped within, unless hardly any would be left."""
        kept = [index for index, stopped in enumerate(self.stopped) if not stopped]
        if len(kept) < min(FEWEST_STEPS, len(self.stopped)):
            return self
        wall, cpu = ([values[index] for index in kept] for values in (self.wall_ms, self.cpu_ms))
        return replace(self, wall_ms=wall, cpu_ms=cpu, stopped=[False] * len(kept))


def warm_up(workload: Workload, measure: Measure) -> int:
    """Steps until `warmup` of them are done and no queue or pool has an empty slot, `fill_limit` at most; how many."""
    done = 0
    while done < measure.warmup or (done < measure.fill_limit and empty_slots(workload.head)):
        step = workload.prepare(done)
        with within_step():
            step()
        done += 1
    if empty := empty_slots(workload.head):
        log(f"{empty:,} slots are still empty after {done} steps: the cost of a full pool is not what is measured")
    return done


def time_steps(workload: Workload, first: int, measure: Measure) -> Samples:
    """Time up to `steps` steps from number `first`, fewer when `seconds` are spent, FEWEST_STEPS at least.

    A step within which this process was stopped is no sample. On a GPU by events around each step, with one
    synchronisation at the end; processor time is this process's.
    """
    samples, clock, upkeep_ms = Samples(), clock_of(workload.device), []
    started = time.perf_counter()
    with Stops() as stops:
        for number in range(measure.steps):
            if samples.stopped.count(False) >= FEWEST_STEPS and time.perf_counter() - started >= measure.seconds:
                break
            step = workload.prepare(first + number)
            cpu, times, before = time.process_time(), times_kept_up(workload.head), stops.count
            with within_step():
                clock.start()
                loss = step()
                clock.stop()
            samples.cpu_ms.append((time.process_time() - cpu) * 1e3)
            samples.stopped.append(stops.count > before)
            upkeep_ms.append(last_upkeep_ms(workload.head) if times_kept_up(workload.head) > times else 0.0)
    samples.wall_ms = [whole - part for whole, part in zip(clock.milliseconds(), upkeep_ms, strict=True)]
    samples.loss, samples.next_step = float(loss), first + len(samples.wall_ms)
    return samples.without_stops()


def times_kept_up(head: Head) -> int:
    """How often the head has done its periodic work so far."""
    return head.upkeep.times if head.upkeep else 0


def last_upkeep_ms(head: Head) -> float:
    """Milliseconds that the head's periodic work took the last time."""
    return head.upkeep.seconds * 1e3 if head.upkeep else 0.0


class Clock(Protocol):
    """Times one interval after another."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def milliseconds(self) -> list[float]:
        """Of each interval so far."""


def clock_of(device: torch.device) -> Clock:
    """The clock that suits work on `device`."""
    return EventClock(device) if device.type == "cuda" else WallClock()


class WallClock:
    """Times intervals of the host."""

    def __init__(self) -> None:
        self.intervals: list[float] = []

    def start(self) -> None:
        self.started = time.perf_counter()

    def stop(self) -> None:
        self.intervals.append((time.perf_counter() - self.started) * 1e3)

    def milliseconds(self) -> list[float]:
        return self.intervals


class EventClock:
    """Times intervals of a GPU's stream without making the host wait for it."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.events: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []

    def start(self) -> None:
        self.events.append((torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)))
        self.events[-1][0].record(torch.cuda.current_stream(self.device))

    def stop(self) -> None:
        self.events[-1][1].record(torch.cuda.current_stream(self.device))

    def milliseconds(self) -> list[float]:
        torch.cuda.synchronize(self.device)
        return [begin.elapsed_time(end) for begin, end in self.events]
