"""Accuracy against cost, in one figure."""

from workflow.reporting.blocks import Section, section
from workflow.reporting.material import Material


def page(material: Material) -> Section:
    """The figure alone."""
    return section("tradeoff", "Accuracy against cost", material.figure("pareto"))
