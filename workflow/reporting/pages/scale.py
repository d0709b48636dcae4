"""The whole training step at more classes than were trained: composed numbers, break-evens, and what was measured."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, Text, missing, section, table
from workflow.reporting.material import Material
from workflow.reporting.pages.synthetic import synthetic_table
from workflow.reporting.words import NOT_MEASURED, count, number, rounded, short_count, size
from workflow.summary.break_even import BreakEven, Crossing, break_evens
from workflow.summary.composed import composed
from workflow.summary.growth import Basis
from workflow.summary.vocabulary import Ending

HOW = (
    "The whole step at any number of classes is put together: a measured training step without its head, plus the head "
    "measured alone there. Numbers in italics with ≈ were not measured: beyond the largest size that ran, they follow "
    "the straight line through the last two, and the range beneath is as wide as that rule missed the largest size "
    "from the smaller ones. Time is that of one process of this machine. Plain rows are written without thought of "
    "memory, for comparison; none is trained. docs/cost-model.md states every rule."
)
CROSSED = {Crossing.BELOW: "below all sizes", Crossing.NEVER: "never within 10⁸", Crossing.UNKNOWN: NOT_MEASURED}
CROSSED[Crossing.DISTURBED] = "not decided"


def page(material: Material) -> Section | None:
    """The figure, the table of sizes and that of break-evens; nothing where no cost was planned."""
    found = composed(material.summary)
    if found.empty:
        return None
    crossings = break_evens(material.summary)
    evens = even_table(material, crossings) if crossings else None
    figure, reached = material.figure("composed"), synthetic_table(material)
    return section("scale", "At more classes", Text(HOW), figure, sizes(material, found), evens, reached)


def sizes(material: Material, found: pd.DataFrame) -> Table:
    """Images per second and memory of every row at every size."""
    ladder = sorted(found["classes"].unique())
    columns = [Column("Head", numeric=False, weight=1.7)]
    columns += [Column(f"{short_count(int(classes))} classes", unit="images/s") for classes in ladder]
    columns += [Column(f"{short_count(int(classes))} classes", unit="memory", raw="bytes") for classes in ladder]
    notes = Notes()
    rows = []
    for name, own in found.groupby("name", sort=False):
        lines = [line for _, line in own.sort_values("classes").iterrows()]
        rows.append(
            [
                material.head_cell(str(name)),
                *(speed_cell(line, notes) for line in lines),
                *(memory_cell(line, notes) for line in lines),
            ]
        )
    return table("composed", "Whole step by number of classes", columns, rows, notes)


def speed_cell(line: pd.Series, notes: Notes) -> Cell:
    """Images per second with their range."""
    if pd.isna(line["step_ms"]):
        return missing(notes, line["missing"])
    remark = disturbed(line)
    return shown(line, "images_per_second", line["basis"], number, notes.letter(remark) if remark else "")


def memory_cell(line: pd.Series, notes: Notes) -> Cell:
    """Memory of the whole step; a size that was tried and did not fit says so."""
    if pd.isna(line["bytes"]):
        return missing(notes, line["missing_bytes"])
    lost = "the head alone did not fit into this machine's memory at this size"
    note = notes.letter(lost) if line["outcome"] == Ending.MEMORY else ""
    return shown(line, "bytes", line["bytes_basis"], size, note)


def shown(line: pd.Series, quantity: str, basis: str, words: Callable[[float | None], str], note: str) -> Cell:
    """A number as it was measured, or in italics with its range where it was not."""
    value, low, high = (float(line[f"{quantity}{end}"]) for end in ("", "_low", "_high"))
    found = Cell(words(value), sort=value, note=note, records=anchor("composed", line["name"]))
    if basis == Basis.MEASURED:
        return found
    return replace(found, text=f"≈ {found.text}", sub=f"{words(low)} to {words(high)}", tone="modelled")


def disturbed(line: pd.Series) -> str:
    """The remark on a row that rests on a timing which did not run alone."""
    return "" if line["exclusive"] else "rests on a timing that other programs disturbed: it decides nothing"


def even_table(material: Material, crossings: list[BreakEven]) -> Table:
    """From which number of classes on each row costs less than the reference."""
    reference = crossings[0].reference
    columns = [Column("Head", numeric=False), Column("Faster", unit="classes"), Column("Smaller", unit="classes")]
    cells = {(each.name, each.quantity): even_cell(each) for each in crossings}
    names = dict.fromkeys(each.name for each in crossings)
    rows = [[material.head_cell(name), cells[name, "time"], cells[name, "memory"]] for name in names]
    return table("break-even", f"From how many classes on a row beats {reference}, whole step", columns, rows)


def even_cell(found: BreakEven) -> Cell:
    """One break-even with its range; a bound that is not there is never reached."""
    records = anchor("break-even", found.name)
    if found.classes is None:
        return Cell(CROSSED[found.crossing], title=str(found.crossing), tone="quiet", records=records)
    low, high = (count(rounded(bound)) if bound else "never" for bound in (found.low, found.high))
    guessed = found.basis == Basis.BEYOND
    text = f"{'≈ ' if guessed else ''}{count(rounded(found.classes))}"
    tone = "modelled" if guessed else ""
    return Cell(text, sub=f"{low} to {high}", sort=found.classes, tone=tone, records=records)
