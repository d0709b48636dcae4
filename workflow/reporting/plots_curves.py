"""Learning curves against steps and seconds."""

from collections.abc import Mapping
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from workflow.reporting.drawing import WIDTH, Rows, Style, banded, legend
from workflow.reporting.palette import GRID
from workflow.summary.old.spread import mean

Styles = Mapping[str, Style]
Summary = Mapping[str, Any]


def curves_plot(summary: Summary, styles: Styles) -> "tuple[Figure, Rows] | str":
    """Validation accuracy and loss against steps and seconds."""
    names = [
        row["name"]
        for row in summary["rows"]
        if any(r["progress"] for r in summary["runs"] if r["name"] == row["name"])
    ]
    if not names:
        return "no run recorded its progress"
    figure, panels = plt.subplots(2, 2, figsize=(WIDTH, 5.6), sharex="col", sharey="row")
    data: Rows = []
    for name in names:
        runs = whole_runs(summary, name)
        for row, quantity in enumerate(("verification_hard/accuracy", "loss")):
            lines = progress_of(runs, quantity)
            unit = 100 if row == 0 else 1
            data += [
                {"quantity": quantity, **line}
                for line in banded(
                    panels[row][0], [(s, v) for s, _, v in lines], styles[name], name, ("step", "value"), unit
                )
            ]
            banded(panels[row][1], [(t, v) for _, t, v in lines], styles[name], name, ("seconds", "value"), unit)
    panels[0][0].set_ylabel("validation, hard pairs, %")
    panels[1][0].set_ylabel("training loss")
    panels[1][0].set_xlabel("steps")
    panels[1][1].set_xlabel("seconds of training (not exclusive)")
    for axes in panels.flat:
        axes.grid(color=GRID)
    legend(figure, styles, names, lines=True)
    return figure, data


def whole_runs(summary: Summary, name: str) -> Rows:
    """The runs of a row that went to the end, or, if none did, those there are: a mean over fewer seeds would jump."""
    runs = [run for run in summary["runs"] if run["name"] == name and run["progress"]]
    return [run for run in runs if run["outcome"] == "ok"] or runs


def progress_of(runs: Rows, quantity: str) -> list[tuple[int, float, list[float]]]:
    """(step, mean seconds, values of the seeds) at every step where a seed recorded the quantity."""
    gathered: dict[int, list[tuple[float, float]]] = {}
    for run in runs:
        for line in run["progress"]:
            value = line.get(quantity, line.get("validation", {}).get(quantity))
            if value is not None:
                gathered.setdefault(line["step"], []).append((line["seconds"], value))
    return [
        (step, mean([t for t, _ in found]) or 0.0, [v for _, v in found]) for step, found in sorted(gathered.items())
    ]
