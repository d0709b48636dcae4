"""What a row costs, beside every answer that names it."""

from dataclasses import replace

from workflow.reporting.blocks import Cell, Notes, Price
from workflow.reporting.cost_words import device_of
from workflow.reporting.material import Material
from workflow.reporting.pages.heads import memory_cell, rate_cell
from workflow.reporting.words import classes_words
from workflow.summary.summary import Summary


def prices(material: Material) -> dict[str, Price]:
    """Images per second with a gradient, and memory, of the whole training step of every row."""
    return {name: price(material, name) for name in material.names}


def price(material: Material, name: str) -> Price:
    """The cost of one row; what is to be known of a number is its tooltip, as the answer has no footnotes."""
    cost, notes = material.costs.get(name), Notes()
    rate = told(rate_cell(cost, cost.images_per_second.gradient if cost else None, notes), notes)
    return Price(rate, told(memory_cell(cost, notes), notes))


def told(cell: Cell, notes: Notes) -> Cell:
    """The cell with its footnote as tooltip."""
    words = {letter: reason for letter, reason in notes.listed()}.get(cell.note, "")
    return replace(cell, note="", title=cell.title or words)


def where(summary: Summary) -> str:
    """The setting that the costs are of."""
    classes = summary.facts.split.counts.get("train_classes")
    device = summary.facts.cost_device or device_of(summary) or "an unknown device"
    return f"whole training step on {device}" + (f", {classes_words(classes)}" if classes else "")
