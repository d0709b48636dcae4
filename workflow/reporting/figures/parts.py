"""Where a training step goes: its parts, stacked."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from workflow.reporting.anchors import anchor
from workflow.reporting.figures.drawing import is_narrow, panels
from workflow.reporting.figures.plot import APART, Drawn, Plot
from workflow.reporting.figures.tags import tag
from workflow.reporting.palette import GRID, PARTS, Styles
from workflow.reporting.words import number
from workflow.summary.costs import in_training
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Mode

PREFIX = "parts_ms."


def draw(summary: Summary, styles: Styles) -> Drawn | str:
    """Stacked bars of the parts of an end-to-end step, a bar a row."""
    data = parts_of(summary)
    if data.empty:
        return "no end-to-end cost cell recorded its parts"
    names = [part for part in PARTS if part in data and data[part].fillna(0).any()]
    figure, ((axes,),) = panels(1, 1, 0.9 + 0.36 * len(data))
    sns.histplot(
        data=data.melt("row", names, "part", "ms").fillna({"ms": 0.0}),
        y="row",
        weights="ms",
        hue="part",
        hue_order=names[::-1],
        palette=PARTS,
        multiple="stack",
        shrink=0.62,
        alpha=1,
        linewidth=0,
        legend=False,
        ax=axes,
    )
    axes.set(xlabel="milliseconds a step (medians)", ylabel="")
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_color(GRID)
    handles = [Patch(color=PARTS[part], label=part, linewidth=0) for part in names]
    figure.legend(
        handles=handles,
        loc="outside upper left",
        ncols=3 if is_narrow() else len(names),
        handlelength=1,
        handleheight=1,
        columnspacing=1.6,
    )
    name_bars(axes, data, names)
    return figure, data


def name_bars(axes: Axes, data: pd.DataFrame, names: list[str]) -> None:
    """Tag every segment with its row and what it says; seaborn adds a container a part, in this order."""
    values = data.set_index("row")
    for part, container in zip(names, axes.containers, strict=False):
        for row, bar in zip(values.index, container, strict=False):
            if values.loc[row, part] > 0:
                tag(
                    bar,
                    str(row),
                    f"{part} {number(values.loc[row, part])} ms",
                    anchor("cost", str(row), str(Mode.WHOLE)),
                )


def parts_of(summary: Summary) -> pd.DataFrame:
    """Milliseconds by row and part, of the rows that have any."""
    costs = in_training(summary)
    columns = [name for name in map(str, costs) if name.startswith(PREFIX)]
    known = costs.loc[costs[columns].notna().any(axis=1), columns].dropna(axis=1, how="all")
    return known.rename(columns=lambda name: name.removeprefix(PREFIX)).rename_axis("row").reset_index()


PLOT = Plot(
    "parts",
    "Where a training step goes",
    "Each bar is one training step end to end; its segments are median times of the parts.",
    "Medians of parts need not add up to the median of the whole step, and parts that overlap are counted in each.",
    draw,
    APART,
)
