"""Step time and memory of the head alone against the number of classes."""

from collections.abc import Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from workflow.reporting.anchors import anchor
from workflow.reporting.figures.drawing import dot, legend, panels
from workflow.reporting.figures.plot import SPREAD, Drawn, Plot
from workflow.reporting.figures.tags import tag
from workflow.reporting.palette import Styles
from workflow.reporting.words import classes_words, number, short_count, size
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Mode

COLUMNS = {
    "name": "row",
    "classes": "classes",
    "step_ms.median": "median_ms",
    "step_ms.p10": "p10_ms",
    "step_ms.p90": "p90_ms",
    "floor.ms": "floor_ms",
    "peak_bytes": "peak_bytes",
    "memory.declared_state_bytes": "declared_state_bytes",
}


def draw(summary: Summary, styles: Styles) -> Drawn | str:
    """Two panels, log-log."""
    costs = summary.costs[(summary.costs["mode"] == Mode.HEAD) & (summary.costs["outcome"] == Ending.OK)]
    if costs["classes"].nunique() < 2:
        return "it needs head-mode cost cells at two or more numbers of classes"
    data = costs[list(COLUMNS)].rename(columns=COLUMNS)
    figure, ((time, memory),) = panels(1, 2, 3.9)
    quantity = "peak_bytes" if data["peak_bytes"].fillna(0).any() else "declared_state_bytes"
    names = list(dict.fromkeys(data["row"]))
    for name in names:
        own = data[data["row"] == name].sort_values("classes")
        time_lines(time, own, styles, name)
        marked(memory, own, quantity, styles, name)
    logarithmic((time, memory), sorted(data["classes"].unique()))
    time.set_title("milliseconds a step, head alone")
    memory.set_title("peak bytes, head alone" if quantity == "peak_bytes" else "declared state, head alone")
    in_bytes(memory)
    legend(figure, styles, names, lines=True)
    return figure, data


def time_lines(axes: Axes, own: pd.DataFrame, styles: Styles, name: str) -> None:
    """One row's median step time, shaded from p10 to p90, and its floor, faint and without marks."""
    style = styles[name]
    marked(axes, own, "median_ms", styles, name)
    timed = own.dropna(subset=["p10_ms", "p90_ms"]).astype({"classes": "float64"})
    low, high = timed["p10_ms"], timed["p90_ms"]
    tag(axes.fill_between(timed["classes"], low, high, color=style.colour, alpha=0.15, linewidth=0), name)
    floor = own[own["floor_ms"].fillna(0) > 0].astype({"classes": "float64"})
    (dotted,) = axes.plot(floor["classes"], floor["floor_ms"], color=style.colour, linewidth=1, alpha=0.8)
    dotted.set_linestyle((0, (1, 2)))
    tag(dotted, name)


def marked(axes: Axes, own: pd.DataFrame, quantity: str, styles: Styles, name: str) -> None:
    """One quantity of one row, its points marked."""
    known = own[own[quantity].fillna(0) > 0].astype({"classes": "float64", quantity: "float64"})
    style = styles[name]
    if known.empty:
        return
    sns.lineplot(data=known, x="classes", y=quantity, color=style.colour, linestyle=style.line, errorbar=None, ax=axes)
    tag(axes.lines[-1], name)
    for classes, value in zip(known["classes"], known[quantity], strict=True):
        said = f"{number(value)} ms" if quantity == "median_ms" else size(value)
        records = anchor("cost", name, str(Mode.HEAD), int(classes))
        tag(dot(axes, classes, value, style, 5), name, f"{said} at {classes_words(int(classes))}, head alone", records)


def logarithmic(panels: Sequence[Axes], ladder: list[int]) -> None:
    """Both axes logarithmic, a tick for every number of classes that was measured."""
    for axes in panels:
        axes.set(xscale="log", yscale="log", xlabel="classes", ylabel="")
        axes.set_xticks(ladder, [short_count(classes) for classes in ladder])
        axes.xaxis.set_minor_locator(NullLocator())


def in_bytes(axes: Axes) -> None:
    """Ticks as sizes."""
    axes.yaxis.set_major_locator(LogLocator(base=4))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: size(value)))


PLOT = Plot(
    "scaling",
    "Step time and memory against the number of classes",
    "Both axes are logarithmic. Lines are the head alone on made-up embeddings; the shade spans p10 to p90; the "
    "faint dotted line is the head's own floor on this machine, the time its arithmetic and memory traffic would "
    "take at full speed.",
    "The backbone and the second encoder are not in it. A line that stops early did not fit or was not run.",
    draw,
    SPREAD,
)
