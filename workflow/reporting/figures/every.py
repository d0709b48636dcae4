"""Draw every figure that the summary has data for, and say of the others why they are not drawn."""

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from workflow.files import write_json
from workflow.reporting.cost_words import has_upkeep
from workflow.reporting.figures import composed, curves, differences, pareto, parts, roc, scaling, tail
from workflow.reporting.figures.drawing import NARROW, WIDTH, look, save, save_svg
from workflow.reporting.figures.index import Entry, Index, as_json
from workflow.reporting.figures.plot import Plot
from workflow.reporting.palette import Styles, styles
from workflow.summary.summary import Summary

PLOTS = (pareto.PLOT, scaling.PLOT, composed.PLOT, parts.PLOT, differences.PLOT, roc.PLOT, tail.PLOT, curves.PLOT)


def draw_all(summary: Summary, folder: Path) -> Index:
    """Draw all plots into `folder` as SVG (wide and narrow), PDF and CSV, and write figures.json."""
    looks = styles(drawn_rows(summary))
    index: Index = {}
    for plot in PLOTS:
        reason = draw_one(plot, summary, looks, folder)
        index[plot.name] = Entry(plot.title, read_words(plot, summary), plot.limits, reason is None, reason)
    write_json(folder / "figures.json", as_json(index))
    return index


def draw_one(plot: Plot, summary: Summary, looks: Styles, folder: Path) -> str | None:
    """Draw one plot; returns why it is not drawn, None if it is."""
    for name, width in ((plot.name, WIDTH), (f"{plot.name}-narrow", NARROW)):
        with look(name, width):
            drawn = plot.draw(summary, looks)
            if isinstance(drawn, str):
                return drawn
            figure, data = drawn
            save_svg(figure, folder / f"{name}.svg", plot.title, read_words(plot, summary))
            if width == WIDTH:
                save(figure, folder, name, data)
            plt.close(figure)
    return None


def drawn_rows(summary: Summary) -> pd.DataFrame:
    """Name, label and ratio of every row that a figure may show: those of the run, then plain references."""
    columns = ["name", "label", "ratio"]
    return pd.concat([summary.heads[columns], summary.costs[columns]]).drop_duplicates("name", ignore_index=True)


def read_words(plot: Plot, summary: Summary) -> str:
    """How to read a figure of this summary."""
    return plot.read + (plot.upkeep if has_upkeep(summary) else "")
