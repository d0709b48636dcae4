"""How every figure is drawn and saved: one look, the same bytes in every process, its data beside it as CSV."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from workflow.files import atomic
from workflow.reporting.palette import GRID, INK
from workflow.summary.old.collect import write_csv
from workflow.summary.old.spread import mean

WIDTH = 7.2
"""Inches: the text width of the A4 report, so that type in figures and page have comparable sizes."""

Rows = list[dict[str, Any]]
Style = Mapping[str, Any]


@contextmanager
def look(salt: str) -> Iterator[None]:
    """The common style, and fixed identifiers so that a figure is the same file whenever it is drawn."""
    settings = {
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


def save(figure: Figure, folder: Path, name: str, data: Rows) -> None:
    """Write name.svg, name.pdf and name.csv under `folder`, each atomically and without a date."""
    dates = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None, "Creator": None, "Producer": None}}
    for kind, metadata in dates.items():
        with atomic(folder / f"{name}.{kind}") as temporary:
            figure.savefig(temporary, format=kind, metadata=metadata)
    plt.close(figure)
    write_csv(folder / f"{name}.csv", data)


def legend(figure: Figure, styles: Mapping[str, Style], names: list[str], lines: bool = False) -> None:
    """One legend above all panels, rows in the table's order."""
    handles = [Line2D([], [], label=name, **(curve(styles[name]) if lines else dot(styles[name]))) for name in names]
    figure.legend(
        handles=handles, loc="outside upper left", ncols=min(len(names), 4), handlelength=2.2, columnspacing=1.6
    )


def dot(style: Style, size: float = 7) -> dict[str, Any]:
    """Keyword arguments of a marker: filled for a head's largest ratio, hollow for the smaller ones."""
    fill = style["colour"] if style["filled"] else "none"
    return {
        "marker": style["marker"],
        "markersize": size,
        "markerfacecolor": fill,
        "markeredgecolor": style["colour"],
        "markeredgewidth": 1.5,
        "color": style["colour"],
        "linestyle": "none",
    }


def curve(style: Style) -> dict[str, Any]:
    """Keyword arguments of a line."""
    return {"color": style["colour"], "linestyle": style["line"]}


def whisker(axes: Axes, x: float, low: float | None, high: float | None, style: Style) -> None:
    """A vertical line over the seeds' range."""
    if low is not None and high is not None and high > low:
        axes.plot([x, x], [low, high], color=style["colour"], linewidth=1.2, alpha=0.7, solid_capstyle="butt")


def banded(
    axes: Axes,
    columns: list[tuple[float, Sequence[float | None]]],
    style: Style,
    name: str,
    axis: tuple[str, str],
    unit: float,
) -> Rows:
    """Plot mean and range over seeds of (x, values); x without a value of every seed are left out."""
    whole = [(x, [unit * v for v in values]) for x, values in columns if values and None not in values]
    data = [
        {"row": name, axis[0]: x, axis[1]: mean(values), "low": min(values), "high": max(values)} for x, values in whole
    ]
    x = [line[axis[0]] for line in data]
    axes.plot(x, [line[axis[1]] for line in data], **curve(style))
    axes.fill_between(
        x,
        [line["low"] for line in data],
        [line["high"] for line in data],
        color=style["colour"],
        alpha=0.13,
        linewidth=0,
    )
    return data


def place_labels(axes: Axes, spots: list[tuple[float, float, float, str, str]]) -> None:
    """Write (x, y, mark size, text, colour) beside its point, on the first side where it covers no mark or label."""
    axes.figure.draw_without_rendering()
    renderer = axes.figure.canvas.get_renderer()
    frame = axes.get_window_extent(renderer)
    per_point = axes.figure.dpi / 72
    taken = []
    for x, y, mark, _, _ in spots:
        (px, py), half = axes.transData.transform((x, y)), mark / 2 * per_point
        taken.append(Bbox.from_extents(px - half, py - half, px + half, py + half))
    for x, y, mark, text, colour in spots:
        for attempt, (across, up, side) in enumerate(_SIDES, 1):
            offset = (across * (mark / 2 + 4), up * (mark / 2 + 8))
            note = axes.annotate(text, (x, y), offset, textcoords="offset points", ha=side, va="center", color=colour)
            box = note.get_window_extent(renderer).expanded(1.02, 1.1)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if (inside and not any(box.overlaps(other) for other in taken)) or attempt == len(_SIDES):
                taken.append(box)
                break
            note.remove()


_SIDES = (
    (1, 0, "left"),
    (-1, 0, "right"),
    (0, 1, "center"),
    (0, -1, "center"),
    (1, 1, "left"),
    (1, -1, "left"),
    (-1, 1, "right"),
    (-1, -1, "right"),
    (1, 2, "left"),
    (1, -2, "left"),
    (-1, 2, "right"),
    (-1, -2, "right"),
    (1, 0, "left"),
)
