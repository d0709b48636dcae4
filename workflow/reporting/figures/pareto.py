"""The trade-off: images per second against accuracy on look-alikes."""

from collections.abc import Hashable
from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from workflow.reporting.anchors import anchor
from workflow.reporting.figures.drawing import dot, is_narrow, panels, whisker
from workflow.reporting.figures.labels import Segment, Spot, place_labels
from workflow.reporting.figures.plot import SPREAD, Drawn, Plot
from workflow.reporting.figures.tags import tag
from workflow.reporting.palette import INK, Styles
from workflow.reporting.words import count, number, seeds_words
from workflow.summary.answers import HARD, coordinates, pareto
from workflow.summary.costs import in_training
from workflow.summary.statistics import compare
from workflow.summary.summary import Summary


def draw(summary: Summary, styles: Styles) -> Drawn | str:
    """One mark a row."""
    places = coordinates(summary)
    if places.empty:
        return "it needs hard-pair accuracy and an end-to-end timing of the same head; no row has both"
    data = plotted(summary, places)
    figure, ((axes,),) = panels(1, 1, 3.4)
    lines, spots = front_line(axes, places), []
    for point in data.assign(mark=mark_sizes(data["peak_bytes"])).to_dict("records"):
        rate, accuracy, style = point["images_per_second"], point["accuracy"], styles[point["row"]]
        whisker(axes, rate, point["low"], point["high"], style, point["row"])
        if point["low"] < point["high"]:
            lines.append(((rate, point["low"]), (rate, point["high"])))
        tag(dot(axes, rate, accuracy, style, point["mark"]), point["row"], words(point), evaluations(point["row"]))
        spots.append(Spot(rate, accuracy, point["mark"], point["row"], style.colour))
    axes.set(xlabel="images with gradient per second, end to end", ylabel="hard-pair accuracy, %")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(round(value))))
    axes.margins(0.24 if is_narrow() else 0.14, 0.2)
    place_labels(figure, axes, spots, lines)
    return figure, data


def plotted(summary: Summary, places: pd.DataFrame) -> pd.DataFrame:
    """The numbers in it, in planned order; accuracy in percent."""
    names = [name for name in summary.heads["name"] if name in places.index]
    scores, costs = compare(summary, HARD).loc[names], in_training(summary).loc[names]
    percent = (100 * scores[["mean", "low", "high"]].astype("float64")).set_axis(["accuracy", "low", "high"], axis=1)
    found = percent.assign(seeds=scores["n"], peak_bytes=costs["peak_bytes"])
    found.insert(0, "images_per_second", places["images_per_second"])
    return found.rename_axis("row").reset_index()


def words(point: dict[Hashable, Any]) -> str:
    """What a mark says."""
    seeds, rate = seeds_words(int(point["seeds"])), number(point["images_per_second"])
    return f"{point['accuracy']:.1f} % hard pairs ({seeds}), {rate} images/s"


def evaluations(row: str) -> str:
    """Where the records of a row's scores are listed."""
    return anchor("evaluation", row)


def mark_sizes(peak_bytes: pd.Series) -> pd.Series:
    """Points across: the area grows with memory; one size where none was measured."""
    known = peak_bytes.astype("float64").fillna(0)
    return 6 + 5 * (known / (known.max() or 1)) ** 0.5


def front_line(axes: Axes, places: pd.DataFrame) -> list[Segment]:
    """Draw the stepped line through the undominated points, from fast to accurate, and return its segments."""
    front = places.loc[list(pareto(places))]
    dashes = (0, (2, 2))
    x, y = front["images_per_second"], 100 * front["accuracy"]
    axes.step(x, y, where="post", color=INK, alpha=0.35, linewidth=1, linestyle=dashes, zorder=0)
    steps = list(zip(x, y, strict=True))
    corners = [(later[0], earlier[1]) for earlier, later in pairwise(steps)]
    along = [(spot, corner) for spot, corner in zip(steps, corners, strict=False)]
    return [*along, *zip(corners, steps[1:], strict=True)]


PLOT = Plot(
    "pareto",
    "Accuracy against cost",
    "Up is more accurate, right is faster. A vertical whisker is the 95 % interval over seeds; the stepped line joins "
    "the rows that no other row beats in both. The size of a mark grows with the head's memory in the same step.",
    "Accuracy after equal steps, not at convergence; speed at this number of classes only. Heads that encode a "
    "second view do more work per step.",
    draw,
    SPREAD,
)
