"""The main table: every head and ratio with its scores, memory and speed."""

from workflow.cells.records import Images
from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, Text, missing, section, table, with_note
from workflow.reporting.cells import difference_cell, score_cell
from workflow.reporting.cost_words import company_words, no_cost, upkeep_words
from workflow.reporting.material import Material
from workflow.reporting.words import ending_words, metric, number, size
from workflow.summary.samples import hardest
from workflow.summary.stored import CostRow

HARD = "verification_hard/accuracy"
HOW_TO_READ = (
    "Accuracies in percent, mean over seeds, half of its 95 % interval over seeds beneath. Hard pairs: telling "
    "look-alikes apart among unseen classes. Difference: to the reference head in hard pairs, and what its interval "
    "(Dunnett’s, 95 %) allows to say. 1:N: finding unseen classes in a gallery. ID: finding training classes on unseen "
    "images by one gallery image a class, split by the number of training images. Memory and images per second are "
    "those of the whole training step."
)


def page(material: Material) -> Section:
    """The main table, and how to read it."""
    return section("heads", "Heads and ratios", Text(HOW_TO_READ), main_table(material, "main"))


def main_table(material: Material, name: str, caption: str = "Every head and ratio") -> Table:
    """Heads x ratios: accuracy, 1:N, many, medium, few, memory, images per second."""
    notes = Notes()
    scores = [hardest(material.summary, "identification/rank1"), "closed/rank1"]
    scores += [f"closed/rank1/{group}" for group in ("many", "medium", "few")]
    columns = [
        Column("Head", numeric=False, weight=1.9),
        Column("Seeds ok"),
        score_column(HARD),
        Column("Difference", unit="points", weight=2.3, hint="to the reference head, by Dunnett’s interval"),
        *(score_column(score) for score in scores),
        Column("Memory", weight=1.15, raw="bytes"),
        Column("Images/s", unit="gradient"),
        Column("Images/s", unit="encoded"),
    ]
    rows = [main_line(material, row, scores, notes) for row in material.names]
    return table(name, caption, columns, rows, notes, filterable=True)


def main_line(material: Material, name: str, scores: list[str], notes: Notes) -> list[Cell]:
    """One head and ratio."""
    cost = material.costs.get(name)
    speed = cost.images_per_second if cost else Images()
    return [
        material.head_cell(name),
        seeds_cell(material, name, notes),
        score_cell(material, name, HARD, notes),
        difference_cell(material, name, HARD, notes),
        *(score_cell(material, name, score, notes) for score in scores),
        memory_cell(cost, notes),
        rate_cell(cost, speed.gradient, notes),
        rate_cell(cost, speed.encoded, notes),
    ]


def score_column(score: str) -> Column:
    """A column of a score, its description as tooltip."""
    row = metric(score)
    label, _, distractors = row.short.partition(" +")
    return Column(label, unit=f"+{distractors}, %" if distractors else "%", hint=row.description)


def seeds_cell(material: Material, name: str, notes: Notes) -> Cell:
    """`2 of 2`; otherwise with a footnote on what became of the others."""
    bad, planned = material.bad_runs(name), len(material.runs[name])
    lost = "; ".join(f"seed {run.seed} {ending_words(run.outcome, run.reason)}" for run in bad)
    done = planned - len(bad)
    found = Cell(
        text=f"{done} of {planned}",
        sub=", ".join(sorted({run.outcome for run in bad})),
        sort=done,
        tone="bad" if bad else "",
        title=lost,
        records=anchor("run", name),
    )
    return with_note(found, notes, f"{name}: {lost}" if lost else "")


def memory_cell(cost: CostRow | None, notes: Notes) -> Cell:
    """Measured peak memory of the training step, its meter as a footnote."""
    if cost is None or cost.peak_bytes is None:
        return missing(notes, no_cost(cost))
    found = Cell(size(cost.peak_bytes), sort=cost.peak_bytes, records=cost_anchor(cost))
    return with_note(found, notes, f"Memory is the {cost.peak_meter}")


def rate_cell(cost: CostRow | None, images_per_second: float | None, notes: Notes) -> Cell:
    """Images per second of the training step."""
    if cost is None or images_per_second is None:
        return missing(notes, no_cost(cost))
    words = [upkeep_words(cost), "" if cost.exclusive else company_words(cost)]
    note = "; ".join(part for part in words if part)
    found = Cell(number(images_per_second), sort=images_per_second, records=cost_anchor(cost))
    return with_note(found, notes, note)


def cost_anchor(cost: CostRow) -> str:
    """Where the record of a cost cell is listed."""
    return anchor("cost", cost.name, str(cost.mode), cost.classes)
