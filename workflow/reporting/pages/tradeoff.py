"""Accuracy against cost: in a setting that the reader chooses, and as it was measured."""

from workflow.reporting.blocks import Section, section
from workflow.reporting.material import Material
from workflow.reporting.pages.explore import explorer


def page(material: Material) -> Section:
    """The chooser, then the figure of this run's own setting."""
    return section("tradeoff", "Accuracy against cost", explorer(material), material.figure("pareto"))
