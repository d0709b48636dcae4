"""What a cost record says of the cell and its head beside what is timed."""

import statistics
from collections.abc import Callable, Sequence

from heads.kit import Cost, Head, Upkeep
from heads.kit.ranks import Sharded
from workflow.cells.cost_records import Attempt, CostName, Declares, UpkeepFacts
from workflow.cells.spec import CostSpec
from workflow.measuring.workload import Workload


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


def attempt_of(wall_ms: Sequence[float], load: float | None, stopped: bool) -> Attempt:
    """One attempt at timing steps, in short."""
    return Attempt(other_load_cores=load, stopped=stopped, median_ms=statistics.median(wall_ms), steps=len(wall_ms))


def shares_classes(head: Head) -> bool:
    """Whether several processes share what the head keeps per class."""
    return any(isinstance(module, Sharded) for module in head.modules())


def declarations(cost: Callable[[int, int], Cost], batch: int, dim: int) -> list[Declares]:
    """What is declared at the batch and dimension of the cell, then with the batch, the dimension and both doubled."""
    found = []
    for x, y in ((batch, dim), (2 * batch, dim), (batch, 2 * dim), (2 * batch, 2 * dim)):
        one = cost(x, y)
        held = one.state_bytes + one.working_bytes
        found.append(Declares(batch=x, dim=y, flops=one.flops, moved_bytes=one.moved_bytes, held_bytes=held))
    return found
