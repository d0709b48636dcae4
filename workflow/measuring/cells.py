"""One cost cell, from an idle machine to its record."""

import math
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from heads.kit.interface import Cost, Upkeep
from workflow.allocator import keep_freed_memory
from workflow.cells.paths import ratio_text
from workflow.files import write_json
from workflow.measuring import steps
from workflow.measuring.exclusive import Others
from workflow.measuring.filling import empty_slots
from workflow.measuring.floor import floor
from workflow.measuring.meters import MEMORY, Meters, conditions, limited_memory
from workflow.measuring.nvml import UNREAD, Gpu, Watch, open_gpu
from workflow.measuring.outcomes import Outcome, attempt, check_fits, size_words
from workflow.provenance import now, provenance
from workflow.training.trainer import Diverged

SETTINGS = ("batch", "warmup", "fill_limit", "steps", "parts_steps", "seconds", "power_seconds", "threads", "device")
"""what the config's section `measure` must say beside `classes`"""


class Subject(steps.Subject, Protocol):
    """What a cell measures: HeadAlone or EndToEnd."""

    mode: str
    classes: int
    batch: int
    dim: int
    precision: str

    def cost(self) -> Cost: ...
    def prime(self) -> None: ...
    def build(self) -> None: ...
    def parts(self, first: int, median_ms: float) -> dict[str, Any]: ...


class Measurement:
    """A subject being measured, and the record that fills up meanwhile; what is not measured stays null."""

    def __init__(self, subject: Subject, spec: dict[str, Any], machine: dict[str, Any]):
        self.subject, self.settings, self.machine = subject, spec["measure"], machine
        self.gpu: Gpu | None = open_gpu(subject.device)
        self.record: dict[str, Any] = provenance() | {
            "cell": cell_names(subject, spec),
            "conditions": conditions(subject.device, subject.precision),
            "measure": {name: self.settings[name] for name in SETTINGS},
            "step_ms": [],
            "step_cpu_ms": [],
            "upkeep": None,
            "warmup_steps": None,
            "pools_full": None,
            "images_per_step": {"gradient": None, "encoded": None},
            "parts_ms": None,
            "parts_sum_ratio": None,
            "memory": dict.fromkeys(MEMORY),
            "host_meter": None,
            "nvml": dict(UNREAD),
            "floor": {"flops": None, "bytes": None, "state_bytes": None, "ms": None},
            "other_load_cores": None,
            "exclusive": True,
        }

    def run(self) -> dict[str, Any]:
        """Measure, and return the record whatever the outcome. The caller holds the machine's lock."""
        with limited_memory(self.subject.device):
            outcome: Outcome = attempt(self.measure)
        self.record["memory"]["requested_bytes"] = outcome.requested_bytes
        return self.record | {"outcome": outcome.name, "reason": outcome.reason, "finish": now()}

    def measure(self) -> None:
        """Build, warm up, time, read the meters, then look inside the step."""
        subject, memory = self.subject, self.record["memory"]
        cost = self.declare()
        check_fits(cost, subject.device)
        subject.prime()
        meters = Meters(subject.device, self.gpu)
        memory["host_rss_before_bytes"] = meters.host_before
        subject.build()
        keep_freed_memory()  # as in training; only now, so that what building freed is not counted
        self.record["warmup_steps"] = warm = steps.warm_up(subject, self.settings)
        self.record["pools_full"] = None if (empty := empty_slots(subject.head)) is None else empty == 0
        meters.reset()
        samples = self.time(warm)
        memory |= meters.read()
        self.record["host_meter"] = meters.host.meter
        if not math.isfinite(samples.loss):
            raise Diverged(f"the loss is {samples.loss} after {samples.next_step} steps")
        self.record |= subject.parts(samples.next_step, float(np.median(samples.wall_ms)))
        if self.gpu:
            self.record["nvml"] = self.watch(self.gpu, samples.next_step + self.settings["parts_steps"])

    def declare(self) -> Cost | None:
        """Put what the head declares, and the floor, into the record; None if it declares nothing."""
        try:
            cost = self.subject.cost()
        except NotImplementedError:
            return None
        subject, tf32 = self.subject, self.record["conditions"]["allow_tf32"]
        precision = "tf32" if tf32 and subject.device.type == "cuda" else "fp32"  # of a head, behind any backbone
        self.record["floor"] = floor(cost, self.machine, self.record["conditions"]["device"], precision)
        self.record["memory"]["declared_state_bytes"] = cost.state_bytes
        return cost

    def time(self, first: int) -> steps.Samples:
        """Time the steps, and count the images they took."""
        before, others = self.subject.encoded(), Others()
        samples = steps.time_steps(self.subject, first, self.settings)
        self.record["other_load_cores"] = others.cores()
        query, twin = (b - a for a, b in zip(before, self.subject.encoded(), strict=True))
        count = len(samples.wall_ms)
        self.record["images_per_step"] = {"gradient": query / count, "encoded": (query + twin) / count}
        self.record |= {"step_ms": samples.wall_ms, "step_cpu_ms": samples.cpu_ms}
        self.record["upkeep"] = upkeep_facts(self.subject.head.upkeep)
        return samples

    def watch(self, gpu: Gpu, first: int) -> dict[str, Any]:
        """Step on for `power_seconds`, so that the driver's slow sensors see nothing but steps."""
        before, step, started = self.subject.encoded()[0], first, time.perf_counter()
        with Watch(gpu) as watch:
            while time.perf_counter() - started < self.settings["power_seconds"]:
                self.subject.step(self.subject.prepare(step))
                step += 1
            torch.cuda.synchronize(self.subject.device)
        return watch.record(self.subject.encoded()[0] - before)


def cell_names(subject: Subject, spec: dict[str, Any]) -> dict[str, Any]:
    """What identifies the cell in the report."""
    cell = {name: spec["cell"][name] for name in ("profile", "label", "head", "ratio")}
    sizes = {name: getattr(subject, name) for name in ("mode", "classes", "dim", "batch", "precision")}
    return cell | sizes


def upkeep_facts(upkeep: Upkeep | None) -> dict[str, float] | None:
    """What a head's periodic work took the last time, and its share of every step: `step_ms` has none of it."""
    if upkeep is None:
        return None
    return {**upkeep._asdict(), "ms_per_step": upkeep.seconds * 1e3 / upkeep.every_steps}


def headline(record: dict[str, Any]) -> str:
    """The cell in one line."""
    cell = record["cell"]
    mode = " end to end" if cell["mode"] == "end-to-end" else ""
    name = f"cost {cell['label']} {ratio_text(cell['ratio'])}{mode} at {cell['classes']:,} classes"
    if record["outcome"] != "ok":
        return f"{name}: {record['outcome']}: {record['reason']}"
    upkeep = record["upkeep"]["ms_per_step"] if record["upkeep"] else 0.0
    low, median, high = np.percentile(record["step_ms"], (10, 50, 90)) + upkeep
    words = [f"{name}: {median:.3g} ms a step (p10-p90 {low:.3g}-{high:.3g})"]
    if cell["mode"] == "end-to-end":
        words.append(f"{record['images_per_step']['gradient'] * 1e3 / median:,.0f} images/s")
        words.append(f"its parts sum to {record['parts_sum_ratio']:.2f} of it")
    elif record["floor"]["ms"]:
        words.append(f"{median / record['floor']['ms']:.1f}x its floor")
    if upkeep:
        words.append(f"{upkeep:.3g} ms of it for work done every {record['upkeep']['every_steps']} steps")
    return ", ".join([*words, *memory_words(record["memory"])])


def memory_words(memory: dict[str, int | None]) -> list[str]:
    """The peak that the cell added to what was there before it, by the best meter there is."""
    for peak, before in (
        ("allocator_peak_bytes", "allocator_before_bytes"),
        ("host_peak_rss_bytes", "host_rss_before_bytes"),
    ):
        if memory[peak] is not None and memory[before] is not None:
            return [size_words(max(0, memory[peak] - memory[before]))]
    return []


def finish(record: dict[str, Any], out: Path) -> None:
    """Write the record and print its line."""
    write_json(out, record)
    print(headline(record), flush=True)
