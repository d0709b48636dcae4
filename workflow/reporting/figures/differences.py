"""Paired differences to the reference, seed by seed, a panel a headline score."""

import pandas as pd
from matplotlib.axes import Axes

from workflow.evaluating.metrics import HEADLINE
from workflow.reporting.anchors import anchor
from workflow.reporting.figures.drawing import in_planned_order, is_narrow, mark, panels
from workflow.reporting.figures.plot import Drawn, Plot
from workflow.reporting.figures.tags import tag
from workflow.reporting.palette import INK, Styles
from workflow.reporting.words import metric
from workflow.summary.statistics import SMALLEST_FINDING, difference, hardest
from workflow.summary.summary import Summary


def draw(summary: Summary, styles: Styles) -> Drawn | str:
    """Scores across, rows down."""
    scores = [hardest(summary, score) for score in HEADLINE]
    data = seed_differences(summary, scores)
    if data.empty:
        return "no head shares a scored seed with the reference"
    names = list(dict.fromkeys(data["row"]))
    figure, (across,) = panels(1, len(scores), 0.95 + 0.32 * len(names), sharey=True)
    for axes, score in zip(across, scores, strict=True):
        panel(axes, data[data["score"] == score], names, styles)
        axes.set_title(metric(score).short.replace(" +", "\n+"))
    for axes in across if is_narrow() else across[:1]:
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
    figure.supxlabel("percent points, head − reference", fontsize=9)
    return figure, data


def seed_differences(summary: Summary, scores: list[str]) -> pd.DataFrame:
    """A line a row, score and seed, in percent points; the row's place is that among rows with any."""
    found = [
        {"row": name, "score": score, "seed": seed, "points": 100 * value}
        for score in scores
        for name in summary.heads["name"]
        for seed, value in difference(summary, name, score).values.items()
    ]
    data = pd.DataFrame(found, columns=["row", "score", "seed", "points"])
    return in_planned_order(data, summary)


def panel(axes: Axes, data: pd.DataFrame, names: list[str], styles: Styles) -> None:
    """One score: the seeds' marks on a bar at their mean, over the band where a difference is no finding."""
    axes.axvspan(-100 * SMALLEST_FINDING, 100 * SMALLEST_FINDING, color=INK, alpha=0.08, linewidth=0)
    axes.axvline(0, color=INK, linewidth=0.8)
    for place, name in enumerate(names):
        own, style = data.loc[data["row"] == name, "points"], styles[name]
        (bar,) = axes.plot([own.mean()] * 2, [place - 0.28, place + 0.28], color=style.colour, linewidth=2)
        tag(bar, name)
        (line,) = axes.plot(own, [place] * len(own), linestyle="none", clip_on=False)
        values = ", ".join(f"{value:+.1f}".replace("-", "−") for value in own)
        tag(mark(line, style, 5.5), name, f"{values} points, seed by seed", anchor("evaluation", name))
    axes.margins(0.12, 0.1)
    axes.grid(axis="y", visible=False)


PLOT = Plot(
    "differences",
    "Difference to the reference, seed by seed",
    "One mark a seed, the bar is their mean; right of zero is better than the reference. Inside the shaded band, "
    "one point to either side, a difference is not a finding.",
    "Seeds share initial weights and data order with the reference's run; the spread over data sets is not in it.",
    draw,
)
