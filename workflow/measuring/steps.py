"""Timing steps: which are warm-up, which count, and when to stop."""

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from heads.kit.interface import Head
from workflow.console import log
from workflow.measuring.filling import empty_slots

FEWEST_STEPS = 3
"""steps that are timed even if the budget of seconds is spent"""


class Subject(Protocol):
    """What is measured: a head alone, or a whole training step."""

    device: torch.device
    head: Head

    def prepare(self, step: int) -> Any:
        """What a step needs and is not timed."""

    def step(self, prepared: Any) -> Tensor | float:
        """One whole training step; returns its loss."""

    def encoded(self) -> tuple[int, int]:
        """Rows encoded with a gradient, and by the twin, so far."""


@dataclass
class Samples:
    """One entry a timed step, in milliseconds."""

    wall_ms: list[float] = field(default_factory=list)
    """without what the head's upkeep took in the step, if that was due in it"""
    cpu_ms: list[float] = field(default_factory=list)
    """with everything"""
    loss: float = float("nan")
    next_step: int = 0


def warm_up(subject: Subject, settings: dict[str, Any]) -> int:
    """Steps until `warmup` of them are done and no queue or pool has an empty slot, `fill_limit` at most; how many."""
    done = 0
    while done < settings["warmup"] or (done < settings["fill_limit"] and empty_slots(subject.head)):
        subject.step(subject.prepare(done))
        done += 1
    if empty := empty_slots(subject.head):
        log(f"{empty:,} slots are still empty after {done} steps: the cost of a full pool is not what is measured")
    return done


def time_steps(subject: Subject, first: int, settings: dict[str, Any]) -> Samples:
    """Time up to `steps` steps from number `first`, fewer when `seconds` are spent, FEWEST_STEPS at least.

    On a GPU by events around each step, with one synchronisation at the end; processor time is this process's.
    """
    upkeep_ms: list[float] = []
    samples, clock = Samples(), EventClock(subject.device) if subject.device.type == "cuda" else WallClock()
    started = time.perf_counter()
    for number in range(settings["steps"]):
        if number >= FEWEST_STEPS and time.perf_counter() - started >= settings["seconds"]:
            break
        prepared = subject.prepare(first + number)
        cpu, upkeep = time.process_time(), subject.head.upkeep
        clock.start()
        loss = subject.step(prepared)
        clock.stop()
        samples.cpu_ms.append((time.process_time() - cpu) * 1e3)
        upkeep_ms.append(subject.head.upkeep.seconds * 1e3 if subject.head.upkeep is not upkeep else 0.0)
    samples.wall_ms = [whole - part for whole, part in zip(clock.milliseconds(), upkeep_ms, strict=True)]
    samples.loss, samples.next_step = float(loss), first + len(samples.wall_ms)
    return samples


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
