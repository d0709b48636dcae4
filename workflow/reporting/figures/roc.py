"""ROC of the look-alike pairs, averaged over seeds on a common grid of false-accept rates."""

import numpy as np
import pandas as pd

from workflow.reporting.figures.drawing import banded, in_planned_order, legend, over_seeds, panels
from workflow.reporting.figures.plot import Drawn, Plot
from workflow.reporting.palette import Styles
from workflow.summary.summary import Summary

FAR_GRID = 10.0 ** (-4 + 4 * np.arange(161) / 160)


def draw(summary: Summary, styles: Styles) -> Drawn | str:
    """One line a row."""
    data = sampled(summary)
    if data.empty:
        return "no evaluation recorded a ROC of the hard pairs"
    figure, ((axes,),) = panels(1, 1, 3.9)
    banded(axes, data, "far", "tar", styles)
    axes.set(xscale="log", xlabel="false-accept rate", ylabel="true-accept rate, %")
    legend(figure, styles, list(dict.fromkeys(data["row"])), lines=True)
    return figure, over_seeds(data, "far", "tar")


def sampled(summary: Summary) -> pd.DataFrame:
    """Every seed's curve on the grid, in percent: row, seed, far, tar; a rate that a seed of the row does not reach is
    left out."""
    points = summary.curves[summary.curves["curve"] == "roc_hard"]
    found = [at_grid(curve, str(name), int(str(seed))) for (name, seed), curve in points.groupby(["name", "seed"])]
    data = pd.concat(found) if found else pd.DataFrame(columns=["row", "seed", "far", "tar"])
    whole = data[data.groupby(["row", "far"])["tar"].transform(lambda values: values.notna().all()).astype(bool)]
    return in_planned_order(whole, summary, "far")


def at_grid(curve: pd.DataFrame, name: str, seed: int) -> pd.DataFrame:
    """A step function at the grid's rates: the value of the last point not beyond each; NaN before the first."""
    points = curve.sort_values(["x", "y"])
    places = np.searchsorted(points["x"], FAR_GRID, side="right") - 1
    reached = np.where(places >= 0, points["y"].to_numpy()[places], np.nan)
    return pd.DataFrame({"row": name, "seed": seed, "far": FAR_GRID, "tar": 100 * reached})


PLOT = Plot(
    "roc",
    "Verification of look-alike pairs",
    "Share of same-class pairs accepted (up is better) at each false-accept rate (logarithmic, harder to the "
    "left); the mean over seeds, the shade spans them.",
    "The left end rests on few false accepts; below ten of them nothing is printed in the tables.",
    draw,
)
