"""Learning curves, and the same accuracy at equal steps, equal images encoded and equal seconds."""

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, Text, missing, section, table
from workflow.reporting.cells import percent, score_cell
from workflow.reporting.material import Material
from workflow.reporting.words import count, mean_words, points
from workflow.summary.answers import HARD
from workflow.summary.fair import BUDGETS, Terms, planned, runs_of, under
from workflow.summary.statistics import compare
from workflow.summary.stored import RunRow
from workflow.summary.summary import Summary, line_of
from workflow.summary.vocabulary import Ending

CAPTION = (
    "Hard-pair accuracy of the test, %, each run to the end of a schedule of its own: as many steps, images or seconds "
    "as the reference"
)
NONE_PLANNED = (
    "Rows are compared at equal steps. Cells with as many images, or as many seconds, as the reference were not "
    "planned in this run: `budget: {images: true, seconds: true}` in the config adds them."
)
TITLES = {"images": "Equal images", "seconds": "Equal seconds"}


def page(material: Material) -> Section:
    """The figure, and the three fair comparisons, which can disagree."""
    return section("curves", "Learning curves", material.figure("curves"), budget_table(material))


def budget_table(material: Material) -> Table | Text:
    """Test accuracy of every row at each budget that was planned."""
    budgets = {terms: under(material.summary, terms) for terms in BUDGETS if planned(material.summary, terms)}
    if not budgets:
        return Text(NONE_PLANNED)
    notes = Notes()
    rows = [
        [
            material.head_cell(name),
            score_cell(material, name, HARD, notes),
            *(reached_cell(material.summary, found, name, terms, notes) for terms, found in budgets.items()),
        ]
        for name in material.names
    ]
    titles = ["Equal steps", *(TITLES[terms] for terms in budgets)]
    columns = [Column("Head", numeric=False, weight=1.6), *(Column(title, unit="%") for title in titles)]
    return table("budgets", CAPTION, columns, rows, notes)


def reached_cell(summary: Summary, found: Summary, name: str, terms: Terms, notes: Notes) -> Cell:
    """Mean over seeds of what a row reached within a budget, over its interval and the steps that the budget gave."""
    runs = runs_of(summary, name, terms)
    if not any(run.outcome == Ending.OK for run in runs):
        return missing(notes, why_none(runs))
    line = line_of(compare(found, HARD), name)
    if not line["n"]:
        return missing(notes, "the evaluation did not compute this score")
    steps = sorted({run.steps for run in runs if run.steps})
    words = ", ".join(part for part in (mean_words(line), *(f"{count(one)} steps" for one in steps)) if part)
    kind = "evaluation" if runs[0].role == "row" else terms
    return Cell(points(float(line["mean"])), sub=words, sort=percent(float(line["mean"])), records=anchor(kind, name))


def why_none(runs: list[RunRow]) -> str:
    """Why no run of a row speaks for it."""
    reasons = sorted({run.reason for run in runs if run.reason})
    return "; ".join(reasons) or "no cell of this row was planned: its cost is not measured, or it is not tuned"
