"""Whole training steps that were measured with labels drawn over more classes than the data set has."""

from collections.abc import Mapping

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Table, missing, table, with_note
from workflow.reporting.cost_words import timing_words
from workflow.reporting.material import Material
from workflow.reporting.words import count, ending_words, number, size
from workflow.summary.composed import coefficients
from workflow.summary.step_model import Model, Setting
from workflow.summary.stored import CostRow
from workflow.summary.vocabulary import Ending, Mode

COLUMNS = (
    Column("Head", numeric=False, weight=1.7),
    Column("Classes"),
    Column("D", unit="dimension"),
    Column("Step", unit="ms, median", weight=1.2),
    Column("Images/s", unit="gradient"),
    Column("Composed", unit="images/s", hint="the same step by the model of this section, which was not told of it"),
    Column("Peak", unit="measured", raw="bytes"),
    Column("State", unit="declared", raw="bytes"),
)


def synthetic_table(material: Material) -> Table | None:
    """A line a step, whatever its outcome; None where none was planned."""
    costs = [cost for cost in material.summary.stored.costs if cost.mode == Mode.SYNTHETIC]
    if not costs:
        return None
    notes, models = Notes(), {row.name: row for row in coefficients(material.summary).rows}
    rows = [synthetic_line(cost, material, models, notes) for cost in costs]
    caption = "Whole step measured with labels over so many classes, images and all else as in training"
    return table("synthetic", caption, list(COLUMNS), rows, notes)


def synthetic_line(cost: CostRow, material: Material, models: Mapping[str, Model], notes: Notes) -> list[Cell]:
    """One step; of one that did not fit the reason, which says whether it was tried."""
    records = anchor("cost", cost.name, str(cost.mode), cost.classes)
    lost = "" if cost.outcome == Ending.OK else ending_words(cost.outcome, cost.reason)
    steps, rate = cost.step_ms, cost.images_per_second.gradient
    spread = f"{number(steps.p10)} to {number(steps.p90)}"
    timed = Cell(number(steps.median), sub=spread, sort=steps.median, records=records)
    step = with_note(timed, notes, timing_words(cost)) if steps.median else ended(cost, lost, notes, records)
    return [
        material.head_cell(cost.name),
        Cell(count(cost.classes), sort=cost.classes, records=records),
        missing(notes, lost) if cost.dim is None else Cell(count(cost.dim), sort=cost.dim, records=records),
        step,
        missing(notes, lost or "no step was timed") if rate is None else Cell(number(rate), sort=rate, records=records),
        composed_cell(cost, models.get(cost.name), notes),
        bytes_cell(cost.peak_bytes, lost or "no memory meter reported", notes, records),
        bytes_cell(cost.memory.declared_state_bytes, lost or "the head declares no state", notes, records),
    ]


def ended(cost: CostRow, lost: str, notes: Notes, records: str) -> Cell:
    """How a step without a time ended."""
    return with_note(Cell(cost.outcome, title=lost, tone="bad", records=records), notes, lost)


def composed_cell(cost: CostRow, model: Model | None, notes: Notes) -> Cell:
    """What the composed step says of the same setting."""
    images = model.rest.images if model and model.rest else None
    step = model.at(Setting(cost.classes, round(images), cost.dim)).ms if model and images and cost.dim else None
    if step is None or images is None:
        return missing(notes, "the step could not be composed")
    low, value, high = (1000 * images / ms for ms in (step.high, step.value, step.low))
    records, span = anchor("composed", cost.name), f"{number(low)} to {number(high)}"
    return Cell(f"≈ {number(value)}", sub=span, sort=value, tone="modelled", records=records)


def bytes_cell(value: int | None, why: str, notes: Notes, records: str) -> Cell:
    """Bytes, or why there are none."""
    return missing(notes, why) if value is None else Cell(size(value), sort=value, records=records)
