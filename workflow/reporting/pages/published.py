"""The main tables of other machines' published summaries, never in one column with the reader's own."""

import pandas as pd

from workflow.evaluating.metrics import HEADLINE
from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Block, Cell, Column, Section, Table, Text, section, table
from workflow.reporting.elsewhere import linked_there
from workflow.reporting.material import Material
from workflow.reporting.pages.heads import main_table
from workflow.reporting.words import NOT_MEASURED, metric, points, signed_points
from workflow.summary.machines import between, comparable, contradictions
from workflow.summary.samples import hardest
from workflow.summary.summary import Summary


def page(material: Material) -> Section | None:
    """A table a machine, and how far its scores are from this run's; None where nothing is published."""
    if not material.published:
        return None
    blocks: list[Block] = [Text("Records that others published, as they stood. Do not compare cost across machines.")]
    for machine, other in material.published.items():
        own = main_table(Material(other), f"published-{machine}", f"Every head and ratio published from {machine}")
        theirs = linked_there(own, machine)
        blocks += [Text(words(machine, other, material.summary)), theirs]
        if comparable(material.summary, other):
            blocks.append(machines_table(material.summary, other, machine))
    return section("published", "Published elsewhere", *blocks)


def words(machine: str, other: Summary, own: Summary) -> str:
    """Where a published table comes from, and whether its scores may be compared."""
    theirs, same = other.facts, comparable(own, other)
    alike = "the same protocol, data and split as this run" if same else "another protocol, data set or split"
    agreed = f" {agreement(own, other)}" if same else ""
    return f"Published from {machine}: {alike}; dataset {theirs.dataset.name}, backbone {theirs.backbone}.{agreed}"


def agreement(own: Summary, other: Summary) -> str:
    """Whether what both machines decide agrees."""
    against = contradictions(own, other)
    if against.empty:
        return "Wherever both runs tell a row from the reference, they agree."
    named = ", ".join(f"{name} in {metric(score).short}" for score, name in against.index)
    return f"The runs contradict each other about {named}."


def machines_table(own: Summary, other: Summary, machine: str) -> Table:
    """Differences between the machines beside the spread over seeds, of the headline scores."""
    lines = between(own, other)
    scores = [score for score in (hardest(own, score) for score in HEADLINE) if score in lines.index]
    columns = [
        Column("Score", numeric=False, weight=1.9),
        Column("This run − other", unit="points, mean of rows"),
        Column("Distance of a row", unit="points, r.m.s."),
        Column("Expected of seeds", unit="points, r.m.s."),
        Column("SD over seeds", unit="points"),
    ]
    rows = [machine_line(score, lines.loc[[score]], anchor("machines", machine)) for score in scores]
    return table(f"machines-{machine}", f"The same rows here and on {machine}", columns, rows)


def machine_line(score: str, line: pd.DataFrame, records: str) -> list[Cell]:
    """One score, with the place of what it rests on."""
    numbers = [float(line[name].iloc[0]) for name in ("shift", "distance", "expected", "deviation")]
    shown = [signed_points(numbers[0]), *(NOT_MEASURED if each != each else points(each, 2) for each in numbers[1:])]
    cells = [Cell(text, sort=100 * each, records=records) for text, each in zip(shown, numbers, strict=True)]
    return [Cell(metric(score).short, title=metric(score).description, tone="score"), *cells]
