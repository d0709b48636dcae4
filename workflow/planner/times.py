"""The time of a step: composed from a machine's measurements as in the report; of a ratio that was not measured, from
what its head declares and how fast that head was found to do it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from heads.kit import Cost
from workflow.cells.cost_records import MachineRecord
from workflow.planner.held import Case, Row, declared
from workflow.planner.known import Cell, Known
from workflow.planner.memory import Missed
from workflow.summary.composed import alone_of
from workflow.summary.growth import WORST, Range
from workflow.summary.step_model import Model, Rest, Setting, each_ms, head_ms

FITTED = "fitted"
NO_MACHINE = "not measured: no machine is named"


class Timed(NamedTuple):
    """Milliseconds of a process's part in a step, and of the head in it; None where not known, and `basis` says why."""

    head: Range | None
    step: Range | None
    basis: str


class Pace(NamedTuple):
    """How fast a head was found to do what it declares: ms = fixed + factor * floor, within the factor `error`."""

    fixed: float
    factor: float
    error: float

    def at(self, floor: float) -> Range:
        """The time of a step with this floor."""
        ms = self.fixed + self.factor * floor
        return Range(ms, ms / self.error, ms * self.error)


def floor_ms(cost: Cost, machine: MachineRecord | None) -> float:
    """The floor of a step by the machine's rates; where they are not known, in units of its operations."""
    if machine is not None and machine.rates is not None:
        found = machine.rates.floor_ms(cost.flops, cost.moved_bytes, cost.state_bytes, "fp32")
        if found is not None:
            return found
    return cost.flops / 1e6


def pace(points: Sequence[tuple[float, float]]) -> Pace | None:
    """The pace through (floor, ms) points, by least squares of relative errors, neither part negative; None of none."""
    if not points:
        return None
    floors, ms = np.array(points).T
    if len(points) == 1:
        return Pace(0.0, float(ms[0] / floors[0]), WORST)
    (fixed, factor), _ = nnls(np.stack([1 / ms, floors / ms], axis=1), np.ones(len(points)))
    off = (fixed + factor * floors) / ms
    return Pace(float(fixed), float(factor), float(max(off.max(), (1 / off).max())))


def pace_of(head: str, cells: Sequence[Cell], machine: MachineRecord | None) -> Pace | None:
    """The pace of a head over all its measured ratios and sizes."""
    own = [(floor_ms(cell.cost, machine), cell.ms) for cell in cells if cell.row.head == head]
    return pace([(floor, ms) for floor, ms in own if ms and floor > 0])


def timed(row: Row, case: Case, known: Known | None, model: Model | None, rest: Rest | None) -> Timed:
    """The time of a process's part in a step: of a measured row (`model`) composed, of any other of a measured head by
    its pace; `rest` is what of the step is not the head's."""
    if known is None:
        return Timed(None, None, NO_MACHINE)
    if model is not None and (found := composed(model, case, rest)):
        return found
    machine, own = known.summary.facts.machine, case.batch / case.gpus
    fitted = pace_of(row.head, known.cells, machine)
    if fitted is None:
        return Timed(None, None, "no size of this head was measured")
    head = fitted.at(floor_ms(declared(row, case), machine))
    if rest is None:
        return Timed(head, None, FITTED)
    return Timed(head, Range(rest.ms, rest.low, rest.high).times(own / rest.images).plus(head), FITTED)


def composed(model: Model, case: Case, rest: Rest | None) -> Timed | None:
    """The same of a measured row, as the report composes it; None of one that was measured at a single other size."""
    alone = model.alone
    if alone is None or alone.ms is None:
        return None
    shares = alone.shares_classes
    classes, batch = (case.classes / case.gpus, case.batch) if shares else (case.classes, case.batch / case.gpus)
    head = head_ms(alone, classes, batch, case.dim)
    if head is None:
        return None
    setting = Setting(case.classes, case.batch, case.dim, case.gpus)
    basis = str(alone.ms.basis(classes)) + ("" if (alone.batch, alone.dim) == (batch, case.dim) else ", scaled")
    step = None if rest is None else each_ms(rest, alone, setting)
    return Timed(head, step, basis if model.exclusive else f"{basis}, disturbed")


def rest_for(known: Known, model: Model | None, twin: bool) -> Rest | None:
    """What of a step is not the head's: of the row itself, else of a measured row that also has a twin, or none."""
    if model is not None and model.rest is not None:
        return model.rest
    parts = {row.name: row.parts_ms for row in known.summary.stored.costs if row.parts_ms}
    alike = [row for row in known.model.rows if row.rest and bool(parts[row.rest.row].get("twin")) == twin]
    return alike[0].rest if alike else None


def missed(known: Known) -> list[Missed]:
    """Every measured time of a head alone, predicted from all others: from the other sizes of its row, where two or
    more are left, else by the pace of its head. One that nothing is left to predict from is passed over."""
    found = []
    for cell in known.cells:
        others = [other for other in known.cells if other is not cell]
        if cell.ms and (ms := predicted(cell, others, known)):
            found.append(Missed(cell.row.name, cell.row.classes, cell.ms, ms))
    return found


def predicted(cell: Cell, others: Sequence[Cell], known: Known) -> float | None:
    """The time of a cell from others."""
    row = cell.row
    alone = alone_of([other.row for other in others if other.row.name == row.name], known.summary)
    head = head_ms(alone, row.classes, row.batch or 1, row.dim or 1) if alone else None
    if head is not None:
        return head.value
    found = pace_of(row.head, others, known.summary.facts.machine)
    return found and found.at(floor_ms(cell.cost, known.summary.facts.machine)).value
