"""Learning curves: validation accuracy and loss against steps and seconds."""

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from workflow.reporting.figures.drawing import banded, in_planned_order, is_narrow, legend, over_seeds, panels
from workflow.reporting.figures.plot import Drawn, Plot
from workflow.reporting.palette import GRID, Styles
from workflow.reporting.words import count
from workflow.summary.answers import HARD
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending


def draw(summary: Summary, styles: Styles) -> Drawn | str:
    """Accuracy above, loss below; steps on the left, seconds on the right."""
    progress = whole_runs(summary)
    if progress.empty:
        return "no run recorded its progress"
    figure, grid = panels(2, 2, 5.6, sharex="col", sharey="row")
    quantities = {HARD: accuracies(progress), "loss": losses(progress)}
    for (steps, seconds), data in zip(grid, quantities.values(), strict=True):
        if len(data):
            banded(steps, data, "step", "value", styles, "run")
            banded(seconds, data, "seconds", "value", styles, "run")
    name_axes(grid)
    legend(figure, styles, list(dict.fromkeys(progress["row"])), lines=True)
    tables = {name: over_seeds(data, "step", "value") for name, data in quantities.items() if len(data)}
    return figure, pd.concat([table.assign(quantity=name) for name, table in tables.items()])


def name_axes(grid: np.ndarray) -> None:
    """What is along the axes; of each panel where they stand below one another."""
    for (steps, seconds), quantity in zip(grid, ("validation, hard pairs, %", "training loss"), strict=True):
        steps.set_ylabel(quantity)
        if is_narrow():
            seconds.set_ylabel(quantity)
    for steps, seconds in grid if is_narrow() else grid[1:]:
        steps.set_xlabel("steps")
        steps.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(round(value))))
        seconds.set_xlabel("seconds of training (not exclusive)")
    for axes in grid.flat:
        axes.grid(color=GRID)


def whole_runs(summary: Summary) -> pd.DataFrame:
    """The progress of each row's runs that went to the end, or, if none did, of those there are: a mean over fewer
    seeds would jump. Rows in planned order."""
    progress = summary.progress.rename(columns={"name": "row"})
    runs = summary.runs.rename(columns={"name": "row"})
    found = progress.merge(runs[["row", "seed", "outcome"]], on=["row", "seed"], how="left")
    good = found["outcome"] == Ending.OK
    kept = found[good | ~good.groupby(found["row"]).transform("any")]
    return in_planned_order(kept, summary, "step")


def accuracies(progress: pd.DataFrame) -> pd.DataFrame:
    """Validation accuracy on hard pairs in percent: row, seed, step, seconds (mean over seeds), value."""
    mine = progress[(progress["score"] == HARD) & progress["value"].notna()]
    return with_mean_seconds(mine.assign(value=100 * mine["value"]))


def losses(progress: pd.DataFrame) -> pd.DataFrame:
    """Training losses: row, seed, step, seconds (mean over seeds), value."""
    return with_mean_seconds(progress[progress["loss"].notna()].assign(value=lambda lines: lines["loss"]))


def with_mean_seconds(lines: pd.DataFrame) -> pd.DataFrame:
    """Seeds reach a step at different times; their mean places it on the axis of seconds."""
    seconds = lines.groupby(["row", "step"])["seconds"].transform("mean")
    kept = lines.assign(seconds=seconds)[["row", "seed", "step", "seconds", "value"]]
    return kept.astype({"step": "float64"})


PLOT = Plot(
    "curves",
    "Learning curves",
    "Top: hard-pair accuracy on the validation classes. Bottom: training loss. Left against steps, right against "
    "seconds of training; the mean over seeds, the shade spans them.",
    "Losses of different heads are sums over different numbers of classes and are not comparable with one another. "
    "The seconds were taken with other runs beside them unless the run was exclusive: an order of magnitude.",
    draw,
)
