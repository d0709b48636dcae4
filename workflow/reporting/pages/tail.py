"""Many, medium and few: the curve, and the difference to the reference in few-shot and in many-shot classes."""

import pandas as pd

from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, missing, section, table
from workflow.reporting.cells import contrast_cell, no_score
from workflow.reporting.material import Material
from workflow.reporting.words import metric
from workflow.summary.statistics import contrast_of
from workflow.summary.summary import line_of
from workflow.summary.tail import EXCESS, FEW, MANY, by_groups, group_score


def page(material: Material) -> Section:
    """The figure, and the differences by group."""
    return section("tail", "Long tail", material.figure("tail"), groups_table(material))


def groups_table(material: Material) -> Table | None:
    """The difference to the reference among classes with few and with many images, and the one minus the other."""
    reference, lines = material.summary.reference, by_groups(material.summary)
    others = [name for name in material.names if name != reference]
    if not lines or not others:
        return None
    notes = Notes()
    columns = [
        Column("Head", numeric=False, weight=1.6),
        *(Column(group.capitalize(), unit="points") for group in (FEW, MANY, EXCESS)),
    ]
    rows = [
        [material.head_cell(name), *(group_cell(material, name, lines[group], notes) for group in (FEW, MANY, EXCESS))]
        for name in others
    ]
    score = metric(group_score(material.summary)).label
    caption = f"{score}: head − reference by training images of the class; a tail effect shows in few − many"
    return table("tail-differences", caption, columns, rows, notes)


def group_cell(material: Material, name: str, lines: pd.DataFrame, notes: Notes) -> Cell:
    """One head's difference in one group of classes."""
    if name not in lines.index or pd.isna(lines.at[name, "difference"]):
        return missing(notes, no_score(material, name))
    return contrast_cell(contrast_of(line_of(lines, name)), name)
