"""One cost cell, from an idle machine to its record."""

import math
import statistics
import time

import torch

from heads.kit import Cost
from workflow.allocator import keep_freed_memory
from workflow.cells.config import CELLS
from workflow.cells.cost_records import (
    CostRecord,
    MachineRecord,
    Measured,
    Nvml,
)
from workflow.cells.records import Images
from workflow.cells.spec import CostSpec
from workflow.measuring import steps
from workflow.measuring.attempts import least_disturbed, tries
from workflow.measuring.conclusion import check_fits, conclude
from workflow.measuring.facts import attempt_of, cost_name, declarations, shares_classes, upkeep_facts
from workflow.measuring.filling import empty_slots
from workflow.measuring.floor import believed, floor
from workflow.measuring.meters import Meters, conditions, limited_memory
from workflow.measuring.nvml import Gpu, open_gpu
from workflow.measuring.sending import Sender
from workflow.measuring.sensors import SensorLog
from workflow.measuring.tensors import Holder, peak_of_tensors
from workflow.measuring.workload import Divided, Parts, Workload
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
            measure=self.spec.measure.model_dump(mode="json", exclude=CELLS),
            options=self.spec.options,
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
        loss = self.time(warm)
        meters.read_into(measured.memory)
        measured.host_meter = meters.host.meter
        if not math.isfinite(loss):
            raise Diverged(f"the loss is {loss} after {self.next} steps")
        self.believe()
        self.weigh()
        if isinstance(workload, Divided):
            self.look_inside(workload)
        if self.gpu:
            measured.nvml = self.read_sensors(self.gpu)

    def declare(self) -> Cost | None:
        """Note what the head declares, and the floor; None if it declares nothing."""
        workload, measured = self.workload, self.measured
        try:
            cost = workload.cost(workload.batch, workload.dim)
            measured.declares = declarations(workload.cost, workload.batch, workload.dim)
        except NotImplementedError:
            return None
        tf32 = self.conditions.allow_tf32 and workload.device.type == "cuda"
        precision = "tf32" if tf32 else "fp32"  # of a head, behind any backbone
        measured.floor = floor(cost, self.machine, self.conditions.device, precision)
        measured.memory.declared_state_bytes = cost.state_bytes
        return cost

    def keep_memory(self) -> None:
        """Let the allocator keep what a step frees, as in training; only once the workload is built, so that what
        building freed is not counted."""
        self.conditions = self.conditions.model_copy(update={"freed_memory_kept": keep_freed_memory()})

    def time(self, first: int) -> float:
        """Time the steps from number `first`, again where other programs disturbed them; keep the least disturbed, and
        return the last loss."""
        measured, self.next = self.measured, first
        found = tries(self.time_once, self.step_on, self.spec.measure.repeats)
        best = least_disturbed(found)
        samples, measured.images_per_step = best.found
        measured.attempts = [attempt_of(each.found[0].wall_ms, each.load, each.stopped) for each in found]
        measured.idle_load_cores = best.idle
        measured.other_load_cores, measured.exclusive, measured.stopped = best.load, best.exclusive, best.stopped
        measured.step_ms, measured.step_cpu_ms = samples.wall_ms, samples.cpu_ms
        measured.upkeep = upkeep_facts(self.workload.head.upkeep)
        measured.shares_classes = shares_classes(self.workload.head)
        measured.sends = self.workload.sends() if isinstance(self.workload, Sender) else None
        return found[-1].found[0].loss

    def time_once(self) -> tuple[steps.Samples, Images]:
        """Time the next steps, and count the images that each took."""
        before, first = self.workload.encoded(), self.next
        samples = steps.time_steps(self.workload, first, self.spec.measure)
        self.next, count = samples.next_step, samples.next_step - first
        query, twin = (b - a for a, b in zip(before, self.workload.encoded(), strict=True))
        return samples, Images(gradient=query / count, encoded=(query + twin) / count)

    def step_on(self) -> None:
        """Take the next step and wait for it."""
        self.workload.prepare(self.next)()
        self.next += 1
        if self.workload.device.type == "cuda":
            torch.cuda.synchronize(self.workload.device)

    def look_inside(self, workload: Divided) -> None:
        """Where the time of a step goes, again where other programs disturbed it."""
        measured, settings = self.measured, self.spec.measure
        median = statistics.median(measured.step_ms)

        def parts() -> Parts:
            self.next += settings.parts_steps
            return workload.parts(self.next - settings.parts_steps, median)

        best = least_disturbed(tries(parts, self.step_on, settings.repeats))
        measured.parts_ms, measured.parts_sum_ratio = best.found
        measured.parts_other_load_cores = best.load
        measured.exclusive, measured.stopped = measured.exclusive and best.exclusive, measured.stopped or best.stopped

    def believe(self) -> None:
        """Hold the floor against the time that was measured: none may lie above it."""
        upkeep = self.measured.upkeep
        median = statistics.median(self.measured.step_ms) + (upkeep.ms_per_step if upkeep else 0.0)
        if self.workload.mode == "head" and self.machine.rates:
            self.measured.floor = believed(self.measured.floor, self.machine.rates, median, self.workload.device)

    def weigh(self) -> None:
        """On a CPU, whose allocator keeps no account, take a further step with torch keeping one."""
        workload = self.workload
        if workload.device.type == "cpu" and isinstance(workload, Holder):
            step = workload.prepare(self.next)
            self.measured.memory.tensor_peak_bytes = peak_of_tensors(workload, step)
            self.next += 1

    def read_sensors(self, gpu: Gpu) -> Nvml:
        """Step on for `power_seconds`, so that the driver's slow sensors see nothing but steps."""
        before, started = self.workload.encoded(), time.perf_counter()
        with SensorLog(gpu) as log:
            while time.perf_counter() - started < self.spec.measure.power_seconds:
                self.workload.prepare(self.next)()
                self.next += 1
            torch.cuda.synchronize(self.workload.device)
        return log.readings(self.workload.encoded().gradient - before.gradient)
