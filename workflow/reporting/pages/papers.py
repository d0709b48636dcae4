"""Accuracies on the field's evaluation sets beside what others published of the same heads."""

from workflow.reporting.blocks import Cell, Column, Notes, Table, missing, table
from workflow.reporting.cells import score_cell
from workflow.reporting.material import Material
from workflow.reporting.words import points
from workflow.summary.papers import PublishedRow, beside

NOT_THEIRS = "not published there"
REMARK = (
    "What others published is of their data, backbone and length of training, one run each, and by their evaluation, "
    "which tries 400 fixed thresholds: it is set beside, not compared."
)


def papers_table(material: Material) -> Table | None:
    """This run's rows, then those of others; None where the run was scored on no such set, or nobody published any."""
    sets, rows = beside(material.summary)
    if not rows:
        return None
    notes = Notes()
    own = [
        [
            material.head_cell(name),
            Cell("this run"),
            *(score_cell(material, name, f"sets/{one}/accuracy", notes) for one in sets),
        ]
        for name in material.names
    ]
    others = [
        [Cell(row.name, sub=row.source), Cell(f"{row.data}, {row.backbone}"), *(_cell(row, one, notes) for one in sets)]
        for row in rows
    ]
    columns = [
        Column("Head", numeric=False, weight=1.6),
        Column("Trained on", numeric=False, weight=1.4),
        *(Column(one, unit="%", hint=f"ten-fold accuracy on {one}") for one in sets),
    ]
    notes.letter(REMARK)
    return table("papers", "Accuracy on the field's sets, and what others published", columns, [*own, *others], notes)


def _cell(row: PublishedRow, one: str, notes: Notes) -> Cell:
    """What a published row has on a set."""
    if one not in row.scores:
        return missing(notes, NOT_THEIRS)
    return Cell(points(row.scores[one], 2), sort=100 * row.scores[one])
