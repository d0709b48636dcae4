"""What every head costs: step time, rates and memory of every cost cell."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, Text, missing, section, table, with_note
from workflow.reporting.cost_words import device_of, no_device, timing_words
from workflow.reporting.material import Material
from workflow.reporting.words import NOT_MEASURED, count, ending_words, number, points, size
from workflow.summary.stored import CostRow
from workflow.summary.vocabulary import Ending, Mode

HOW_MEASURED = (
    "One fresh process a row, alone on the machine, after a warm-up. “Head” is the head by itself on made-up "
    "embeddings; “end-to-end” the whole training step; “synthetic” the same with labels drawn over so many classes, "
    "whatever the images show. The floor is the time the head's own arithmetic and memory "
    "traffic would take at this machine's measured rates."
)
COLUMNS = (
    Column("Head", numeric=False, weight=1.7),
    Column("Mode", numeric=False, weight=1.2),
    Column("Classes", weight=1.1),
    Column("Step", unit="ms, median", weight=1.2),
    Column("Of floor", unit="%", raw="share"),
    Column("Images/s", unit="gradient"),
    Column("Peak", unit="measured", weight=1.1, raw="bytes"),
    Column("State", unit="declared", weight=1.1, raw="bytes"),
    Column("Device", unit="NVML", weight=1.1, raw="bytes"),
    Column("Energy", unit="J/image", weight=1.1),
)
NO_FLOOR = "the floor is stated for the head alone"
KEYS = 3
"""columns that say which cell a row is"""


def page(material: Material) -> Section:
    """The figures about cost, and the table of all cost cells."""
    drawn = material.figure("scaling"), material.figure("parts")
    every = cost_table(material) if material.summary.stored.costs else None
    return section("cost", "Cost", Text(HOW_MEASURED), *drawn, every)


def cost_table(material: Material) -> Table:
    """Every cost cell, whatever its outcome; columns without any number give way to a remark."""
    device = no_device(device_of(material.summary))
    rows = [cost_line(cost, material, device) for cost in material.summary.stored.costs]
    empty = [place for place in range(len(COLUMNS)) if rows and all(row[place].lacks for row in rows)]
    kept = [place for place in range(len(COLUMNS)) if place not in empty]
    notes = Notes()
    cells = [[row[place].cell(notes) for place in kept] for row in rows]
    lacking = tuple(never_measured(COLUMNS[place], [row[place] for row in rows]) for place in empty)
    columns = [COLUMNS[place] for place in kept]
    made = table("costs", "Every cost cell", columns, cells, notes, filterable=True, folded=len(rows) > 30)
    return replace(made, remarks=lacking, keys=KEYS)


@dataclass(frozen=True)
class Entry:
    """A cell before its footnote has a letter: `lacks` says why there is no number, `remark` what to know of one. What
    is shown where there can be none has no footnote."""

    shown: Cell | None = None
    lacks: str = ""
    remark: str = ""

    def cell(self, notes: Notes) -> Cell:
        """The cell with its footnote."""
        return missing(notes, self.lacks) if self.shown is None else with_note(self.shown, notes, self.remark)


def never_measured(column: Column, entries: Sequence[Entry]) -> str:
    """What is said of a column that no row has a number in, with the commonest reason."""
    why = Counter(entry.lacks for entry in entries).most_common(1)[0][0]
    return f"{column.title} ({column.unit}): {NOT_MEASURED} for any row; {why}"


def cost_line(cost: CostRow, material: Material, device: str) -> list[Entry]:
    """One cost cell as a table row; `device` says why there are no GPU readings."""
    lost = "" if cost.outcome == Ending.OK else ending_words(cost.outcome, cost.reason)
    memory = cost.memory

    records = anchor("cost", cost.name, str(cost.mode), cost.classes)

    def quantity(value: float | None, show: Callable[[float], str], why: str) -> Entry:
        return Entry(lacks=lost or why) if value is None else Entry(Cell(show(value), sort=value, records=records))

    on_device = memory.nvml_process_bytes or memory.nvml_device_bytes
    return [
        Entry(material.head_cell(cost.name)),
        Entry(Cell(cost.mode, sub=own_dim(cost), sort=cost.mode)),
        Entry(Cell(count(cost.classes), sort=cost.classes, records=records)),
        step_entry(cost, lost, records),
        quantity(cost.floor_share, lambda share: points(share, 0), no_share(cost))
        if cost.mode == Mode.HEAD
        else Entry(Cell("–", tone="quiet", title=NO_FLOOR), lacks=NO_FLOOR),
        quantity(cost.images_per_second.gradient, number, "no step was timed"),
        quantity(cost.peak_bytes, size, "no memory meter reported"),
        quantity(memory.declared_state_bytes, size, "the head declares no state"),
        quantity(on_device, size, device),
        quantity(cost.nvml.energy_j_per_image, number, device),
    ]


def own_dim(cost: CostRow) -> str:
    """The dimension of a step that has one of its own."""
    return f"D = {cost.dim}" if cost.mode == Mode.SYNTHETIC and cost.dim else ""


def no_share(cost: CostRow) -> str:
    """Why a step has no share of its floor."""
    if cost.floor.ms is None:
        return cost.floor.note or "the head declares no work"
    return "the machine's measured rates are too low for this cell: it was faster than its floor"


def step_entry(cost: CostRow, lost: str, records: str) -> Entry:
    """The median step time over its range, or how the cell ended."""
    steps = cost.step_ms
    if steps.median is not None:
        spread = f"{number(steps.p10)} to {number(steps.p90)}"
        return Entry(
            Cell(number(steps.median), sub=spread, sort=steps.median, records=records), remark=timing_words(cost)
        )
    if lost:
        return Entry(Cell(cost.outcome, title=lost, tone="bad", records=records), remark=lost)
    return Entry(lacks="no step was timed")
