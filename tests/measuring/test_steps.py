"""Which steps are warm-up, which are timed, when timing stops. No test asserts how long anything takes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from heads.kit import EMPTY, Head, Store, Upkeep
from workflow.cells.config import Measure
from workflow.measuring.steps import FEWEST_STEPS, time_steps, warm_up
from workflow.measuring.stops import Stops

ROOT = Path(__file__).parents[2]
SETTINGS = Measure(warmup=2, fill_limit=6, steps=10, seconds=60)


def but(**changes) -> Measure:
    """SETTINGS with changes, also such as the config would refuse."""
    return SETTINGS.model_copy(update=changes)


class Queue(Head):
    """Fills one slot a step."""

    def __init__(self, size: int):
        super().__init__()
        self.store = Store()
        self.store.register_buffer("labels", torch.full((size,), EMPTY))


class Counting:
    """A workload that notes what it is asked."""

    device = torch.device("cpu")

    def __init__(self, slots: int = 0, pause: float = 0.0):
        self.head, self.pause = Queue(slots), pause
        self.prepared, self.done = [], []

    def prepare(self, step):
        self.prepared.append(step)
        return lambda: self.step(step)

    def step(self, prepared):
        time.sleep(self.pause)
        labels = self.head.store.labels
        if len(labels) > prepared:
            labels[prepared] = 1
        self.done.append(prepared)
        return torch.tensor(float(prepared))

    def encoded(self):
        return len(self.done), 0


@pytest.mark.parametrize(("slots", "steps"), [(0, 2), (1, 2), (4, 4), (100, 6)])
def test_warm_up_lasts_until_stores_are_full_within_its_limit(slots, steps, capsys):
    workload = Counting(slots)
    assert warm_up(workload, SETTINGS) == steps
    assert workload.done == list(range(steps))
    assert ("94 slots are still empty" in capsys.readouterr().err) == (slots == 100)


def test_every_step_is_a_sample_and_goes_on_where_warm_up_ended():
    workload = Counting()
    samples = time_steps(workload, 5, SETTINGS)
    assert workload.done == workload.prepared == list(range(5, 15))
    assert len(samples.wall_ms) == len(samples.cpu_ms) == 10
    assert samples.loss == 14.0 and samples.next_step == 15
    assert all(sample > 0 for sample in samples.wall_ms)


def test_a_spent_budget_of_seconds_ends_timing_after_the_fewest_steps():
    assert len(time_steps(Counting(), 0, but(seconds=0)).wall_ms) == FEWEST_STEPS


def test_fewer_steps_than_the_fewest_are_obeyed():
    assert len(time_steps(Counting(), 0, but(steps=1, seconds=0)).wall_ms) == 1


def test_wall_time_has_the_waiting_in_it_and_processor_time_has_not():
    samples = time_steps(Counting(pause=0.02), 0, but(steps=3))
    assert all(wall > 19 > cpu for wall, cpu in zip(samples.wall_ms, samples.cpu_ms, strict=True))


class Periodic(Counting):
    """Says of every third step that a second of it was upkeep, each time with an object that says the same."""

    def step(self, prepared):
        before = self.head.upkeep or Upkeep(1.0, 3, 0)
        self.head.upkeep = Upkeep(1.0, 3, before.times + (prepared % 3 == 0))
        return super().step(prepared)


def test_what_a_head_does_only_now_and_then_is_taken_out_of_its_step():
    samples = time_steps(Periodic(), 3, but(steps=7))
    assert [sample < -900 for sample in samples.wall_ms] == [step % 3 == 0 for step in range(3, 10)]


class Stopped(Counting):
    """In some of its steps the process is continued after a stop, which a fast test does not wait for."""

    def __init__(self, *steps: int):
        super().__init__()
        self.steps = steps

    def step(self, prepared):
        if prepared in self.steps:
            signal.raise_signal(signal.SIGCONT)
        return super().step(prepared)


def test_a_step_that_was_stopped_within_is_no_sample():
    samples = time_steps(Stopped(6, 9), 5, SETTINGS)
    assert len(samples.wall_ms) == len(samples.cpu_ms) == 8
    assert samples.next_step == 15 and samples.loss == 14.0, "it was taken all the same"


def test_a_stop_spends_no_budget():
    samples = time_steps(Stopped(0, 1), 0, but(seconds=0))
    assert len(samples.wall_ms) == FEWEST_STEPS and samples.next_step == FEWEST_STEPS + 2


def test_where_hardly_a_step_was_not_stopped_all_are_kept():
    assert len(time_steps(Stopped(0, 1, 2), 0, but(steps=4)).wall_ms) == 4
    assert len(time_steps(Stopped(0), 0, but(steps=1)).wall_ms) == 1


def test_stops_are_told_to_every_block_and_to_whom_it_was_told_before():
    told = []
    usual = signal.signal(signal.SIGCONT, lambda *_: told.append(True))
    try:
        with Stops() as outer, Stops() as inner:
            signal.raise_signal(signal.SIGCONT)
        assert (outer.count, inner.count, told) == (1, 1, [True])
        signal.raise_signal(signal.SIGCONT)
        assert len(told) == 2 and outer.count == 1
    finally:
        signal.signal(signal.SIGCONT, usual)


STOPPED = """
import os, signal, subprocess, sys, time
from workflow.measuring.stops import Stops
with Stops() as stops:
    subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -CONT {os.getpid()}"])
    os.kill(os.getpid(), signal.SIGSTOP)
    print(stops.count)
"""


def test_a_real_stop_is_seen():
    told = subprocess.run([sys.executable, "-c", STOPPED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == "1\n"
