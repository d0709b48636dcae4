"""Figures about accuracy: seed-by-seed differences, ROC, the long tail, learning curves."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow.reporting.drawing import WIDTH, Rows, Style, banded, dot, legend, whisker
from workflow.reporting.palette import INK
from workflow.reporting.words import HEADLINE, score_words
from workflow.summary.old.answers import hardest
from workflow.summary.old.spread import SMALLEST_FINDING

Styles = Mapping[str, Style]
Summary = Mapping[str, Any]
BINS = ("many", "medium", "few")
FAR_GRID = [10 ** (-4 + 4 * index / 160) for index in range(161)]


def differences_plot(summary: Summary, styles: Styles) -> "tuple[Figure, Rows] | str":
    """Paired differences to the reference, a panel per headline score."""
    rows = [row for row in summary["rows"] if any(row["difference"].get(score, {}).get("n") for score in HEADLINE)]
    if not rows:
        return "no head shares a scored seed with the reference"
    scores = [hardest(summary, score) for score in HEADLINE]
    height = 0.95 + 0.32 * len(rows)
    figure, panels = plt.subplots(1, len(scores), figsize=(WIDTH, height), sharey=True)
    data: Rows = []
    for axes, score in zip(panels, scores, strict=True):
        axes.axvspan(-100 * SMALLEST_FINDING, 100 * SMALLEST_FINDING, color=INK, alpha=0.08, linewidth=0)
        axes.axvline(0, color=INK, linewidth=0.8)
        for place, row in enumerate(rows):
            data += difference_marks(axes, place, row, score, styles[row["name"]])
        axes.set_title(score_words(score).label.replace(" +", "\n+"))
        axes.margins(0.12, 0.1)
        axes.grid(axis="y", visible=False)
    panels[0].set_yticks(range(len(rows)), [row["name"] for row in rows])
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    figure.supxlabel("percent points, head − reference", fontsize=9)
    return figure, data


def difference_marks(axes: Axes, place: int, row: Mapping[str, Any], score: str, style: Style) -> Rows:
    """One row of one panel."""
    difference = row["difference"].get(score, {"n": 0, "values": {}})
    found = {seed: 100 * value for seed, value in difference["values"].items()}
    if difference["n"]:
        centre = 100 * difference["mean"]
        axes.plot([centre, centre], [place - 0.28, place + 0.28], color=style["colour"], linewidth=2)
    axes.plot(list(found.values()), [place] * len(found), **dot(style, 5.5), clip_on=False)
    return [{"row": row["name"], "score": score, "seed": seed, "points": value} for seed, value in found.items()]


def roc_plot(summary: Summary, styles: Styles) -> "tuple[Figure, Rows] | str":
    """ROC of the hard pairs, averaged over seeds on a common grid of false-accept rates."""
    gathered = {row["name"]: seed_curves(summary, row["name"], "roc_hard") for row in summary["rows"]}
    names = [name for name, found in gathered.items() if found]
    if not names:
        return "no evaluation recorded a ROC of the hard pairs"
    figure, axes = plt.subplots(figsize=(WIDTH, 3.9))
    data: Rows = []
    for name in names:
        sampled = [[step_value(found, far) for far in FAR_GRID] for found in gathered[name]]
        columns = [(far, values) for far, values in zip(FAR_GRID, zip(*sampled, strict=True), strict=True)]
        data += banded(axes, columns, styles[name], name, ("far", "tar"), 100)
    axes.set(xscale="log", xlabel="false-accept rate", ylabel="true-accept rate, %")
    legend(figure, styles, names, lines=True)
    return figure, data


def seed_curves(summary: Summary, name: str, curve_name: str) -> list[list[list[float]]]:
    """A curve of every seed of a row that has one."""
    found = (run["curves"].get(curve_name) for run in summary["runs"] if run["name"] == name)
    return [sorted(points) for points in found if points]


def step_value(points: Sequence[Sequence[float]], x: float) -> float | None:
    """The value of a step function at x: that of the last point not beyond x; None before the first."""
    place = bisect_right([point[0] for point in points], x)
    return points[place - 1][1] if place else None


def tail_plot(summary: Summary, styles: Styles) -> "tuple[Figure, Rows] | str":
    """Identification by many, medium and few, and by the number of training images."""
    rows = [row for row in summary["rows"] if any(row["scores"].get(f"closed/rank1/{b}", {}).get("n") for b in BINS)]
    if not rows:
        return "closed-set identification by many, medium and few was not measured"
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.8), width_ratios=(1, 1.15))
    data = bins_panel(left, rows, styles, summary)
    for row in rows:
        columns = shots_of(summary, row["name"])
        data += [
            {"panel": "shots", **line}
            for line in banded(right, columns, styles[row["name"]], row["name"], ("shots", "rank1"), 100)
        ]
    left.set(ylabel="rank-1, %")
    right.set(xlabel="training images of the class", xscale="log")
    ticks = sorted({line["shots"] for line in data if line["panel"] == "shots"})
    if ticks:
        shown = [tick for tick in ticks if tick in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)] or ticks
        right.set_xticks(shown, [f"{tick:g}" for tick in shown])
        right.minorticks_off()
    left.set_title("by group")
    right.set_title("by number of training images")
    legend(figure, styles, [row["name"] for row in rows], lines=False)
    return figure, data


def bins_panel(axes: Axes, rows: Rows, styles: Styles, summary: Summary) -> Rows:
    """Marks side by side within each group."""
    data: Rows = []
    for place, bin_ in enumerate(BINS):
        for turn, row in enumerate(rows):
            score = row["scores"].get(f"closed/rank1/{bin_}", {"n": 0})
            if not score["n"]:
                continue
            x = place + 0.72 * ((turn + 0.5) / len(rows) - 0.5)
            whisker(axes, x, 100 * score["min"], 100 * score["max"], styles[row["name"]])
            axes.plot(x, 100 * score["mean"], **dot(styles[row["name"]], 6))
            data.append({"panel": "groups", "row": row["name"], "group": bin_, "rank1": 100 * score["mean"]})
            data[-1] |= {"low": 100 * score["min"], "high": 100 * score["max"]}
    counts, shots = summary["split"]["counts"] or {}, summary["split"]["shots"] or {}
    axes.set_xticks(range(len(BINS)), [bin_words(bin_, counts, shots) for bin_ in BINS])
    axes.grid(axis="x", visible=False)
    return data


def bin_words(bin_: str, counts: Mapping[str, int], shots: Mapping[str, int]) -> str:
    """`few`, its thresholds and its number of classes, on lines of their own."""
    limits = ""
    if "many" in shots and "medium" in shots:
        limits = {
            "many": f"≥ {shots['many']} images",
            "medium": f"{shots['medium']} to {shots['many'] - 1}",
            "few": f"≤ {shots['medium'] - 1}",
        }[bin_]
    size = f"{counts[bin_]} classes" if bin_ in counts else ""
    return "\n".join(part for part in (bin_, limits, size) if part)


def shots_of(summary: Summary, name: str) -> list[tuple[float, list[float]]]:
    """(shots, rank-1 of every seed) of one row."""
    gathered: dict[float, list[float]] = {}
    for points in seed_curves(summary, name, "shots"):
        for shots, _, rank1 in points:
            if rank1 is not None:
                gathered.setdefault(shots, []).append(rank1)
    return sorted(gathered.items())
