"""The long tail: identification by groups of classes, and by the number of training images."""

import pandas as pd
from matplotlib.axes import Axes

from workflow.cells.records import BANDS
from workflow.reporting.anchors import anchor
from workflow.reporting.figures.drawing import banded, dot, legend, over_seeds, panels, whisker
from workflow.reporting.figures.plot import Drawn, Plot
from workflow.reporting.figures.tags import tag
from workflow.reporting.palette import Styles
from workflow.reporting.words import classes_words
from workflow.summary.facts import SplitFacts
from workflow.summary.statistics import compare
from workflow.summary.summary import Summary

TICKS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)


def draw(summary: Summary, styles: Styles) -> Drawn | str:
    """Groups on the left, exact numbers of images on the right."""
    groups = grouped(summary)
    if groups.empty:
        return "closed-set identification by many, medium and few was not measured"
    names = [name for name in summary.heads["name"] if name in set(groups["row"])]
    figure, ((left, right),) = panels(1, 2, 3.8, width_ratios=(1, 1.15))
    groups_panel(left, groups, names, styles)
    left.set_xticks(range(len(BANDS)), [group_words(group, summary.facts.split) for group in BANDS])
    left.set(ylabel="rank-1, %", title="by group")
    shots = by_shots(summary, names)
    shots_panel(right, shots, styles)
    legend(figure, styles, names)
    tables = [("groups", groups), ("shots", over_seeds(shots, "shots", "rank1"))]
    return figure, pd.concat([table.assign(panel=panel) for panel, table in tables if len(table)])


def grouped(summary: Summary) -> pd.DataFrame:
    """Mean and 95 % interval over seeds, in percent: row, group, rank1, low, high."""
    tables = {group: compare(summary, f"closed/rank1/{group}") for group in BANDS}
    found = pd.concat(tables, names=["group"]).dropna(subset="mean").reset_index()
    shown = found[["mean", "low", "high"]].astype("float64") * 100
    return found[["name", "group"]].join(shown).set_axis(["row", "group", "rank1", "low", "high"], axis="columns")


def groups_panel(axes: Axes, groups: pd.DataFrame, names: list[str], styles: Styles) -> None:
    """Marks side by side within each group."""
    for line in groups.to_dict("records"):
        style = styles[line["row"]]
        x = BANDS.index(line["group"]) + 0.72 * ((names.index(line["row"]) + 0.5) / len(names) - 0.5)
        whisker(axes, x, line["low"], line["high"], style, line["row"])
        words = f"{line['rank1']:.1f} % ({line['low']:.1f}–{line['high']:.1f}), classes with {line['group']} images"
        tag(dot(axes, x, line["rank1"], style, 6), line["row"], words, anchor("evaluation", line["row"]))
    axes.grid(axis="x", visible=False)


def group_words(group: str, split: SplitFacts) -> str:
    """`few`, its thresholds and its number of classes, on lines of their own."""
    limits, counts = "", split.counts
    if "many" in split.shots and "medium" in split.shots:
        many, medium = split.shots["many"], split.shots["medium"]
        middle = str(medium) if medium == many - 1 else f"{medium} to {many - 1}"
        limits = {"many": f"≥ {many} images", "medium": middle, "few": "1" if medium == 2 else f"≤ {medium - 1}"}[group]
    classes = classes_words(counts[group]) if group in counts else ""
    return "\n".join(part for part in (group, limits, classes) if part)


def by_shots(summary: Summary, names: list[str]) -> pd.DataFrame:
    """Every seed's identification by the number of training images, in percent: row, seed, shots, rank1."""
    points = summary.curves[(summary.curves["curve"] == "shots") & summary.curves["y"].notna()]
    own = pd.concat([points[points["name"] == name].sort_values("x", kind="stable") for name in names])
    return pd.DataFrame({"row": own["name"], "seed": own["seed"], "shots": own["x"], "rank1": 100 * own["y"]})


def shots_panel(axes: Axes, shots: pd.DataFrame, styles: Styles) -> None:
    """A line a row."""
    axes.set_title("by number of training images")
    if len(shots):
        banded(axes, shots, "shots", "rank1", styles)
        every = sorted(shots["shots"].unique())
        shown = [tick for tick in every if tick in TICKS] or every
        axes.set(xscale="log")
        axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
        axes.minorticks_off()
    axes.set(xlabel="training images of the class")


PLOT = Plot(
    "tail",
    "The long tail",
    "Left: identification on unseen images, for classes with many, some and few training images; marks "
    "are means, whiskers their 95 % intervals over seeds. Right: the same by the exact number of training images.",
    "Identification here is by one gallery image a class for every head. Scores by learned centres answer another "
    "question and stand in their own column of the accuracy table.",
    draw,
)
