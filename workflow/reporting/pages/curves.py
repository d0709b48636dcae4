"""Learning curves, and the same accuracy at equal steps, equal images encoded and equal seconds."""

import pandas as pd

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, missing, section, table
from workflow.reporting.cells import percent
from workflow.reporting.material import Material
from workflow.reporting.words import duration, mean_words, number, points
from workflow.summary.answers import HARD
from workflow.summary.budgets import Budget, at_equal
from workflow.summary.summary import line_of

CAPTION = "Hard-pair accuracy on the validation classes, %, at the last point of the learning curve within each budget"
NOTHING = "no good run has a validation point within this budget"


def page(material: Material) -> Section:
    """The figure, and the three fair comparisons, which can disagree."""
    return section("curves", "Learning curves", material.figure("curves"), budget_table(material))


def budget_table(material: Material) -> Table | None:
    """Validation accuracy of every row at the largest budget that all rows reached; None without learning curves."""
    budgets = at_equal(material.summary, HARD)
    if not budgets:
        return None
    notes = Notes()
    rows = [
        [material.head_cell(name), *(reached_cell(line_of(budget.reached, name), name, notes) for budget in budgets)]
        for name in material.names
    ]
    columns = [Column("Head", numeric=False, weight=1.6), *(budget_column(budget) for budget in budgets)]
    return table("budgets", CAPTION, columns, rows, notes)


def budget_column(budget: Budget) -> Column:
    """The column of one budget, its size as the unit."""
    match budget.axis:
        case "step":
            return Column("Equal steps", unit=number(budget.size, 1))
        case "encoded":
            return Column("Equal images", unit=f"{number(budget.size, 1)} encoded")
        case _:
            return Column("Equal seconds", unit=f"{duration(budget.size)}, not exclusive")


def reached_cell(found: pd.Series, name: str, notes: Notes) -> Cell:
    """Mean over seeds of what was reached within the budget, over the half-width of its interval."""
    if not found["n"]:
        return missing(notes, NOTHING)
    mean = float(found["mean"])
    return Cell(points(mean), sub=mean_words(found), sort=percent(mean), records=anchor("run", name))
