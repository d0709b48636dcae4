"""Many, medium and few: the curve, and the share of the reference's errors that each head removes."""

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, missing, section, table
from workflow.reporting.cells import no_score, percent
from workflow.reporting.material import Material
from workflow.reporting.words import seed_values, signed_points
from workflow.summary.statistics import Spread, errors_removed, spread


def page(material: Material) -> Section:
    """The figure, and the errors removed."""
    return section("tail", "Long tail", material.figure("tail"), removed_table(material))


def removed_table(material: Material) -> Table | None:
    """Errors removed relative to the reference among many-shot and few-shot classes."""
    reference = material.summary.reference
    others = [name for name in material.names if name != reference]
    if reference is None or not others:
        return None
    notes = Notes()
    columns = [
        Column("Head", numeric=False, weight=1.6),
        Column("Errors removed, many", unit="% of the reference's"),
        Column("Errors removed, few", unit="% of the reference's"),
        Column("Few − many", unit="points"),
    ]
    caption = (
        "Is a gain a tail effect? Only if few-shot errors shrink, and by more than many-shot ones; minus: more errors"
    )
    return table("removed", caption, columns, [removed_line(material, name, notes) for name in others], notes)


def removed_line(material: Material, name: str, notes: Notes) -> list[Cell]:
    """One head's row of the errors removed, means over the seeds both have, every seed beneath."""
    removed = errors_removed(material.summary, name, "closed/rank1")
    if removed.empty:
        return [material.head_cell(name), *(missing(notes, no_score(material, name)) for _ in range(3))]
    many, few = removed["many"], removed["few"]
    return [material.head_cell(name), *(share_cell(spread(values), name) for values in (many, few, few - many))]


def share_cell(found: Spread, name: str) -> Cell:
    """A mean share over its seeds."""
    seeds = seed_values(found) if found.n > 1 else "1 seed"
    return Cell(signed_points(found.mean), sub=seeds, sort=percent(found.mean), records=anchor("evaluation", name))
