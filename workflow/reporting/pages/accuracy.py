"""All test scores, and the figures about verification."""

from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, Text, section, table
from workflow.reporting.cells import score_cell
from workflow.reporting.material import Material
from workflow.reporting.words import metric

WORDS = (
    "All scores of the test part, in percent, on images that training never saw; all but ID also on classes it never "
    "saw."
)


def page(material: Material) -> Section:
    """Figures, then the table."""
    drawn = material.figure("differences"), material.figure("roc")
    return section("accuracy", "Accuracy", *drawn, Text(WORDS), scores_table(material))


def scores_table(material: Material) -> Table:
    """Scores down, heads across."""
    notes = Notes()
    scores = material.summary.scores
    names = scores.loc[scores["part"] == "test", "score"].unique()
    ordered = sorted(names, key=lambda score: (metric(score).order, score))
    heads = [Column(name, mark=material.marks[name]) for name in material.names]
    rows = [
        [score_name(score), *(score_cell(material, name, score, notes) for name in material.names)] for score in ordered
    ]
    columns = [Column("Score", numeric=False, weight=1.9), *heads]
    return table("scores", "All test scores", columns, rows, notes, filterable=True)


def score_name(score: str) -> Cell:
    """The first cell of a score's row."""
    row = metric(score)
    sub = "lower is better" if row.better == "low" else score
    return Cell(row.short, sub=sub, sort=score, title=row.description, tone="score")
