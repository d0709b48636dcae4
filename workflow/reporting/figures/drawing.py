"""How every figure is drawn and saved: one look, the same bytes in every process, its data beside it as CSV.

Every figure is drawn twice: as wide as a page, and narrow for a phone, where panels stand below one another.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from workflow.files import write_text, writing
from workflow.reporting.anchors import anchor
from workflow.reporting.figures.finish import finished
from workflow.reporting.figures.tags import tag
from workflow.reporting.palette import GRID, INK, Style, Styles
from workflow.summary.summary import Summary
from workflow.summary.writing import write_csv

WIDTH = 7.2
"""Inches: the text width of the A4 report, so that type in figures and page have comparable sizes."""
NARROW = 3.9
"""Inches: the width for a phone."""


@contextmanager
def look(salt: str, width: float = WIDTH) -> Iterator[None]:
    """The common style, and fixed identifiers so that a figure is the same file whenever it is drawn."""
    settings: dict[Any, object] = {  # matplotlib's type spells out all its keys
        "svg.hashsalt": salt,
        "svg.fonttype": "none",
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
        "figure.figsize": (width, width / 2),
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


def width() -> float:
    """The width in inches that is drawn at."""
    return float(matplotlib.rcParams["figure.figsize"][0])


def is_narrow() -> bool:
    """Whether it is drawn for a phone."""
    return width() < WIDTH


def panels(rows: int, columns: int, height: float, **options: Any) -> tuple[Figure, np.ndarray]:
    """A figure with (rows, columns) axes, `height` inches high in all; narrow, each panel has the whole width, and axes
    are shared by none. `options` are of plt.subplots."""
    if not is_narrow() or columns == 1:
        return plt.subplots(rows, columns, figsize=(width(), height), squeeze=False, **options)
    count = rows * columns
    figure, axes = plt.subplots(count, 1, figsize=(width(), max(height / rows * 0.78, 2.1) * count), squeeze=False)
    return figure, axes.reshape(rows, columns)


def save(figure: Figure, folder: Path, name: str, data: pd.DataFrame) -> None:
    """Write name.pdf and name.csv under `folder`, each atomically and without a date."""
    with writing(folder / f"{name}.pdf") as file:
        dates = {"CreationDate": None, "Creator": None, "Producer": None}
        figure.savefig(file, format="pdf", metadata=dates)
    write_csv(folder / f"{name}.csv", data)


def save_svg(figure: Figure, path: Path, title: str, description: str) -> None:
    """Write the drawing without a date, with its title and a description."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    write_text(path, finished(drawn.getvalue(), title, description))


def legend(figure: Figure, styles: Styles, names: list[str], lines: bool = False) -> None:
    """One legend above all panels, rows in the table's order."""
    handles = [line_handle(name, styles[name]) if lines else dot_handle(name, styles[name]) for name in names]
    across = 2 if is_narrow() else 4
    made = figure.legend(
        handles=handles, loc="outside upper left", ncols=min(len(names), across), handlelength=2.2, columnspacing=1.6
    )
    for name, handle, text in zip(names, made.legend_handles, made.get_texts(), strict=True):
        tag(text, name)
        if handle is not None:
            tag(handle, name)


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


def dot(axes: Axes, x: ArrayLike, y: ArrayLike, style: Style, size: float) -> Line2D:
    """Marks without a line, over lines."""
    (line,) = axes.plot(x, y, linestyle="none", zorder=3)
    return mark(line, style, size)


def whisker(axes: Axes, x: float, low: float, high: float, style: Style, row: str = "") -> None:
    """A vertical line over the seeds' range."""
    if high > low:
        (line,) = axes.plot([x, x], [low, high], color=style.colour, linewidth=1.2, alpha=0.7, solid_capstyle="butt")
        tag(line, row)


def banded(axes: Axes, data: pd.DataFrame, x: str, y: str, styles: Styles, records: str = "evaluation") -> None:
    """A line a row through the mean over seeds, the range of the seeds shaded; `data` has a line a row, seed and x, and
    comes from `records` of this kind."""
    names = list(dict.fromkeys(data["row"]))
    before = len(axes.lines), len(axes.collections)
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
    for drawn in (axes.lines[before[0] :], axes.collections[before[1] :]):
        for name, artist in zip(names, drawn, strict=False):
            tag(artist, *((name, name, anchor(records, name)) if artist in axes.lines else (name,)))
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
