"""One cost cell, from an idle machine to its record."""

import math
import statistics
import time

import torch

from heads.kit import Cost, Upkeep
from workflow.allocator import keep_freed_memory
from workflow.cells.cost_records import (
    BUSY_CORES,
    CostName,
    CostRecord,
    MachineRecord,
    Measured,
    Nvml,
    UpkeepFacts,
)
from workflow.cells.records import Images
from workflow.cells.spec import CostSpec
from workflow.measuring import steps
from workflow.measuring.conclusion import check_fits, conclude
from workflow.measuring.exclusive import OtherLoad
from workflow.measuring.filling import empty_slots
from workflow.measuring.floor import floor
from workflow.measuring.meters import Meters, conditions, limited_memory
from workflow.measuring.nvml import Gpu, open_gpu
from workflow.measuring.sensors import SensorLog
from workflow.measuring.workload import Workload
from workflow.provenance import now, provenance
from workflow.training.trainer import Diverged


class Measurement:
    """A workload being measured, and what was measured of it so far; what is not measured stays null."""

    def __init__(self, workload: Workload, spec: CostSpec, machine: MachineRecord):
        self.workload, self.spec, self.machine = workload, spec, machine
        self.gpu: Gpu | None = open_gpu(workload.device)
        self.measured = Measured()
        self.started = provenance()
        self.conditions = conditions(workload.device, workload.precision)

    def run(self) -> CostRecord:
        """Measure, and return the record whatever the outcome. The caller holds the machine's lock."""
        with limited_memory(self.workload.device):
            end = conclude(self.measure)
        self.measured.memory.requested_bytes = end.requested_bytes
        return CostRecord(
            **self.started,
            **dict(self.measured),
            finish=now(),
            cell=cost_name(self.workload, self.spec),
            conditions=self.conditions,
            measure=self.spec.measure.model_dump(mode="json", exclude={"classes"}),
            outcome=end.outcome,
            reason=end.reason,
        )

    def measure(self) -> None:
        """Build, warm up, time, read the meters, then look inside the step."""
        workload, measured = self.workload, self.measured
        cost = self.declare()
        check_fits(cost, workload.device)
        workload.prime()
        meters = Meters(workload.device, self.gpu)
        measured.memory.host_rss_before_bytes = meters.host_before
        workload.build()
        self.keep_memory()
        measured.warmup_steps = warm = steps.warm_up(workload, self.spec.measure)
        measured.pools_full = None if (empty := empty_slots(workload.head)) is None else empty == 0
        meters.reset()
        samples = self.time(warm)
        meters.read_into(measured.memory)
        measured.host_meter = meters.host.meter
        if not math.isfinite(samples.loss):
            raise Diverged(f"the loss is {samples.loss} after {samples.next_step} steps")
        parts = workload.parts(samples.next_step, statistics.median(samples.wall_ms))
        measured.parts_ms, measured.parts_sum_ratio = parts
        if self.gpu:
            measured.nvml = self.read_sensors(self.gpu, samples.next_step + self.spec.measure.parts_steps)

    def declare(self) -> Cost | None:
        """Note what the head declares, and the floor; None if it declares nothing."""
        try:
            cost = self.workload.cost()
        except NotImplementedError:
            return None
        tf32 = self.conditions.allow_tf32 and self.workload.device.type == "cuda"
        precision = "tf32" if tf32 else "fp32"  # of a head, behind any backbone
        self.measured.floor = floor(cost, self.machine, self.conditions.device, precision)
        self.measured.memory.declared_state_bytes = cost.state_bytes
        return cost

    def keep_memory(self) -> None:
        """Let the allocator keep what a step frees, as in training; only once the workload is built, so that what
        building freed is not counted."""
        self.conditions = self.conditions.model_copy(update={"freed_memory_kept": keep_freed_memory()})

    def time(self, first: int) -> steps.Samples:
        """Time the steps from number `first`; count the images they took, and the cores that other programs used."""
        measured, before, others = self.measured, self.workload.encoded(), OtherLoad()
        samples = steps.time_steps(self.workload, first, self.spec.measure)
        measured.other_load_cores = load = others.cores()
        measured.exclusive = None if load is None else load <= BUSY_CORES
        query, twin = (b - a for a, b in zip(before, self.workload.encoded(), strict=True))
        count = len(samples.wall_ms)
        measured.images_per_step = Images(gradient=query / count, encoded=(query + twin) / count)
        measured.step_ms, measured.step_cpu_ms = samples.wall_ms, samples.cpu_ms
        measured.upkeep = upkeep_facts(self.workload.head.upkeep)
        return samples

    def read_sensors(self, gpu: Gpu, first: int) -> Nvml:
        """Step on for `power_seconds`, so that the driver's slow sensors see nothing but steps."""
        before, number, started = self.workload.encoded(), first, time.perf_counter()
        with SensorLog(gpu) as log:
            while time.perf_counter() - started < self.spec.measure.power_seconds:
                self.workload.prepare(number)()
                number += 1
            torch.cuda.synchronize(self.workload.device)
        return log.readings(self.workload.encoded().gradient - before.gradient)


def cost_name(workload: Workload, spec: CostSpec) -> CostName:
    """What identifies the cell in the report."""
    cell = spec.cell
    return CostName(
        profile=cell.profile,
        label=cell.label,
        head=cell.head,
        ratio=cell.ratio,
        mode=workload.mode,
        classes=workload.classes,
        dim=workload.dim,
        batch=workload.batch,
        precision=workload.precision,
    )


def upkeep_facts(upkeep: Upkeep | None) -> UpkeepFacts | None:
    """What a head's periodic work took the last time, and its share of every step: `step_ms` has none of it."""
    if upkeep is None:
        return None
    share = upkeep.seconds * 1e3 / upkeep.every_steps
    return UpkeepFacts(seconds=upkeep.seconds, every_steps=upkeep.every_steps, ms_per_step=share)
