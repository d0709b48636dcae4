"""Images per second of the whole step against the number of classes: measured points, and what follows from them."""

import pandas as pd
from matplotlib.axes import Axes

from workflow.reporting.anchors import anchor
from workflow.reporting.figures.drawing import dot, legend, panels
from workflow.reporting.figures.plot import Drawn, Plot
from workflow.reporting.figures.scaling import logarithmic
from workflow.reporting.figures.tags import tag
from workflow.reporting.palette import Styles
from workflow.reporting.words import classes_words, number
from workflow.summary.composed import LADDER, composed
from workflow.summary.growth import Basis
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Mode

COLUMNS = (
    "name",
    "classes",
    "basis",
    "exclusive",
    "images_per_second",
    "images_per_second_low",
    "images_per_second_high",
)


def draw(summary: Summary, styles: Styles) -> Drawn | str:
    """One panel, log-log."""
    data = composed(summary)[list(COLUMNS)].dropna(subset=["images_per_second"])
    if data.empty:
        return "it needs a whole training step timed part by part, and heads alone"
    data = data.rename(columns={"name": "row"})
    figure, ((axes,),) = panels(1, 1, 3.9)
    names = list(dict.fromkeys(data["row"]))
    for name in names:
        row_lines(axes, data[data["row"] == name].sort_values("classes"), styles, name)
    logarithmic((axes,), list(LADDER))
    axes.set_title("images a second, whole step")
    legend(figure, styles, names, lines=True)
    return figure, data


def row_lines(axes: Axes, own: pd.DataFrame, styles: Styles, name: str) -> None:
    """One row: a solid line through what was measured, a thin dashed one beyond, its range shaded."""
    style, measured = styles[name], own[own["basis"] == Basis.MEASURED]
    (solid,) = axes.plot(measured["classes"], measured["images_per_second"], color=style.colour)
    solid.set(linestyle=style.line)
    (thin,) = axes.plot(own["classes"], own["images_per_second"], color=style.colour, linewidth=1, alpha=0.8)
    thin.set_linestyle((0, (4, 3)))
    low, high = own["images_per_second_low"], own["images_per_second_high"]
    band = axes.fill_between(own["classes"], low, high, color=style.colour, alpha=0.1, linewidth=0)
    for artist in (solid, thin, band):
        tag(artist, name)
    for classes, value in zip(measured["classes"], measured["images_per_second"], strict=True):
        said = f"{number(value)} images/s at {classes_words(int(classes))}, whole step"
        place = anchor("cost", name, str(Mode.HEAD), int(classes))
        tag(dot(axes, classes, value, style, 5), name, said, place)


PLOT = Plot(
    "composed",
    "Images per second of the whole step against the number of classes",
    "Both axes are logarithmic. A marked point is a measured training step without its head plus the head measured "
    "alone; the thin dashed line goes on beyond what was measured, and the shade is its range.",
    "One process of this machine. Other machines, backbones and images differ: a model, not a measurement.",
    draw,
)
