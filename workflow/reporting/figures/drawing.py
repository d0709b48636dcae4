"""How every figure is drawn and saved: one look, the same bytes in every process, its data beside it as CSV."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from workflow.files import atomic
from workflow.reporting.palette import GRID, INK, Style, Styles
from workflow.summary.summary import Summary
from workflow.summary.writing import write_csv

WIDTH = 7.2
"""Inches: the text width of the A4 report, so that type in figures and page have comparable sizes."""


@contextmanager
def look(salt: str) -> Iterator[None]:
    """The common style, and fixed identifiers so that a figure is the same file whenever it is drawn."""
    settings: dict[Any, object] = {  # matplotlib's type spells out all its keys
        "svg.hashsalt": salt,
        "svg.fonttype": "path",
        "pdf.fonttype": 42,
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.h_pad": 0.09,
        "figure.constrained_layout.w_pad": 0.09,
        "legend.frameon": False,
        "lines.linewidth": 1.7,
        "savefig.transparent": True,
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "grid.alpha": 0.6,
    }
    with sns.axes_style("whitegrid"), matplotlib.rc_context(settings):
        yield


def save(figure: Figure, folder: Path, name: str, data: pd.DataFrame) -> None:
    """Write name.svg, name.pdf and name.csv under `folder`, each atomically and without a date."""
    dates = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None, "Creator": None, "Producer": None}}
    for kind, metadata in dates.items():
        with atomic(folder / f"{name}.{kind}") as temporary:
            figure.savefig(temporary, format=kind, metadata=metadata)
    plt.close(figure)
    write_csv(folder / f"{name}.csv", data)


def legend(figure: Figure, styles: Styles, names: list[str], lines: bool = False) -> None:
    """One legend above all panels, rows in the table's order."""
    handles = [line_handle(name, styles[name]) if lines else dot_handle(name, styles[name]) for name in names]
    figure.legend(
        handles=handles, loc="outside upper left", ncols=min(len(names), 4), handlelength=2.2, columnspacing=1.6
    )


def line_handle(name: str, style: Style) -> Line2D:
    """A row's line in a legend."""
    line = Line2D([], [], label=name, color=style.colour)
    line.set(linestyle=style.line)
    return line


def dot_handle(name: str, style: Style) -> Line2D:
    """A row's mark in a legend."""
    return mark(Line2D([], [], label=name, linestyle="none"), style, 7)


def mark(line: Line2D, style: Style, size: float) -> Line2D:
    """Give a line a row's mark: filled for a head's largest ratio, hollow for the smaller ones."""
    line.set(marker=style.marker, markersize=size, color=style.colour, markerfacecolor=style.fill)
    line.set(markeredgecolor=style.colour, markeredgewidth=1.5)
    return line


def dot(axes: Axes, x: ArrayLike, y: ArrayLike, style: Style, size: float) -> None:
    """Marks without a line."""
    (line,) = axes.plot(x, y, linestyle="none")
    mark(line, style, size)


def whisker(axes: Axes, x: float, low: float, high: float, style: Style) -> None:
    """A vertical line over the seeds' range."""
    if high > low:
        axes.plot([x, x], [low, high], color=style.colour, linewidth=1.2, alpha=0.7, solid_capstyle="butt")


def banded(axes: Axes, data: pd.DataFrame, x: str, y: str, styles: Styles) -> None:
    """A line a row through the mean over seeds, the range of the seeds shaded; `data` has a line a row, seed and x."""
    names = list(dict.fromkeys(data["row"]))
    sns.lineplot(
        data=data,
        x=x,
        y=y,
        hue="row",
        style="row",
        hue_order=names,
        style_order=names,
        palette={name: styles[name].colour for name in names},
        dashes={name: styles[name].dashes or "" for name in names},
        estimator="mean",
        errorbar=extent,
        err_kws={"alpha": 0.13, "linewidth": 0},
        legend=False,
        ax=axes,
    )
    axes.set(xlabel="", ylabel="")


def extent(values: pd.Series) -> tuple[float, float]:
    """The range of the seeds."""
    return values.min(), values.max()


def over_seeds(data: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """What `banded` shows, as numbers: row, x, the mean of y, low and high."""
    found = data.groupby(["row", x], sort=False)[y].agg(["mean", "min", "max"]).reset_index()
    return found.set_axis(["row", x, y, "low", "high"], axis="columns")


def in_planned_order(data: pd.DataFrame, summary: Summary, *then: str) -> pd.DataFrame:
    """Lines sorted by their row's place in the plan, and within a row by the columns `then`."""
    places = {name: place for place, name in enumerate(summary.heads["name"])}
    return data.sort_values(
        ["row", *then], key=lambda column: column.map(places) if column.name == "row" else column, kind="stable"
    )
