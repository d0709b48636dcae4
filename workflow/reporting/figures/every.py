"""Draw every figure that the summary has data for, and say of the others why they are not drawn."""

from pathlib import Path

from workflow.files import write_json
from workflow.reporting.cost_words import has_upkeep
from workflow.reporting.figures import curves, differences, pareto, parts, roc, scaling, tail
from workflow.reporting.figures.drawing import look, save
from workflow.reporting.figures.index import Entry, Index, as_json
from workflow.reporting.figures.plot import Plot
from workflow.reporting.palette import styles
from workflow.summary.summary import Summary

PLOTS = (pareto.PLOT, scaling.PLOT, parts.PLOT, differences.PLOT, roc.PLOT, tail.PLOT, curves.PLOT)


def draw_all(summary: Summary, folder: Path) -> Index:
    """Draw all plots into `folder` as SVG, PDF and CSV, and write figures.json."""
    looks = styles(summary.heads)
    index: Index = {}
    for plot in PLOTS:
        with look(plot.name):
            drawn = plot.draw(summary, looks)
            if not isinstance(drawn, str):
                save(drawn[0], folder, plot.name, drawn[1])
        reason = drawn if isinstance(drawn, str) else None
        index[plot.name] = Entry(plot.title, read_words(plot, summary), plot.limits, reason is None, reason)
    write_json(folder / "figures.json", as_json(index))
    return index


def read_words(plot: Plot, summary: Summary) -> str:
    """How to read a figure of this summary."""
    return plot.read + (plot.upkeep if has_upkeep(summary) else "")
