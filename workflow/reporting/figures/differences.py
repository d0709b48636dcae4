"""Differences to the reference with their intervals, a panel a headline score."""

import textwrap

import pandas as pd
from matplotlib.axes import Axes

from workflow.evaluating.metrics import HEADLINE
from workflow.reporting.anchors import anchor
from workflow.reporting.figures.drawing import dot, is_narrow, panels
from workflow.reporting.figures.plot import Drawn, Plot
from workflow.reporting.figures.tags import tag
from workflow.reporting.palette import INK, Styles
from workflow.reporting.words import metric
from workflow.summary.margins import margin_of
from workflow.summary.samples import hardest
from workflow.summary.statistics import compare
from workflow.summary.summary import Summary

SHOWN = ("difference", "half_width", "margin", "seeds_se", "classes_se")


def draw(summary: Summary, styles: Styles) -> Drawn | str:
    """Scores across, rows down."""
    scores = [hardest(summary, score) for score in HEADLINE]
    data = differences(summary, scores)
    if data.empty:
        return "no head has a score that the reference has too"
    scores = [score for score in scores if score in set(data["score"])]
    names = [name for name in summary.heads["name"] if name in set(data["row"])]
    figure, (across,) = panels(1, len(scores), 0.95 + 0.32 * len(names), sharey=True)
    for axes, score in zip(across, scores, strict=True):
        panel(axes, data[data["score"] == score], names, styles)
        axes.axvspan(-100 * margin_of(score), 100 * margin_of(score), color=INK, alpha=0.08, linewidth=0)
        axes.set_title(textwrap.fill(metric(score).short, 60 if is_narrow() else 12), fontsize=8.5)
    for axes in across if is_narrow() else across[:1]:
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
    figure.supxlabel("percent points, head − reference", fontsize=9)
    return figure, data


def differences(summary: Summary, scores: list[str]) -> pd.DataFrame:
    """A line a score and row that has a difference, numbers in percent points: row, score, SHOWN, seeds, verdict."""
    tables = pd.concat({score: compare(summary, score) for score in scores}, names=["score"])
    known = tables.dropna(subset="difference").reset_index()
    places = known[["name", "score"]].set_axis(["row", "score"], axis="columns")
    return places.join(100 * known[list(SHOWN)].astype("float64")).assign(
        seeds=known["pairs"], verdict=known["verdict"]
    )


def panel(axes: Axes, data: pd.DataFrame, names: list[str], styles: Styles) -> None:
    """One score: each row's difference on the bar of its interval."""
    axes.axvline(0, color=INK, linewidth=0.8)
    for line in data.to_dict("records"):
        place, style, centre, half = (
            names.index(line["row"]),
            styles[line["row"]],
            line["difference"],
            line["half_width"],
        )
        (bar,) = axes.plot([centre - half, centre + half], [place, place], color=style.colour, linewidth=2)
        tag(bar, line["row"])
        words = (
            f"{signed(centre)} ± {half:.1f} points: {line['verdict']}" if half == half else f"{signed(centre)} points"
        )
        tag(dot(axes, centre, place, style, 5.5), line["row"], words, anchor("evaluation", line["row"]))
    axes.margins(0.12, 0.1)
    axes.grid(axis="y", visible=False)


def signed(points: float) -> str:
    """`+0.4`, with a real minus."""
    return f"{points:+.1f}".replace("-", "−")


PLOT = Plot(
    "differences",
    "Difference to the reference",
    "Marks are differences of means, bars their 95 % intervals, those of the tables: Dunnett's for all rows against "
    "the reference, from the spread over seeds and, where it is known, over test classes. A bar that leaves out zero "
    "is a difference; one within the shaded band, the margin of the score, is none that matters.",
    "A row of one seed has no bar. The spread over data sets is not in it.",
    draw,
)
