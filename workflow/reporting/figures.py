"""Draw every figure that the summary has data for, and say of the others why they are not drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from workflow.files import write_json
from workflow.reporting import plots_accuracy, plots_cost, plots_curves
from workflow.reporting.drawing import Rows, look, save
from workflow.reporting.palette import styles
from workflow.summary.old.costs import upkeep_words

Draw = Callable[[Mapping[str, Any], Mapping[str, Any]], "tuple[Figure, Rows] | str"]


@dataclass(frozen=True)
class Plot:
    """One figure: how it is called, how to read it, what it does not show, and the function that draws it; `upkeep` is
    added to how to read it where a head works only every so many steps.

    `draw(summary, styles)` returns the figure with its data, or a sentence that says what is missing.
    """

    name: str
    title: str
    read: str
    limits: str
    draw: Draw
    upkeep: str = ""


SPREAD = " Work that a head does only every so many steps is in the step time, spread evenly over all steps."
APART = " Work that a head does only every so many steps is in none of them."
PLOTS = (
    Plot(
        "pareto",
        "Accuracy against cost",
        "Up is more accurate, right is faster. A vertical whisker spans the seeds; the stepped line joins the rows "
        "that no other row beats in both. The size of a mark grows with the head's memory in the same step.",
        "Accuracy after equal steps, not at convergence; speed at this number of classes only. Heads that encode a "
        "second view do more work per step.",
        plots_cost.pareto_plot,
        SPREAD,
    ),
    Plot(
        "scaling",
        "Step time and memory against the number of classes",
        "Both axes are logarithmic. Lines are the head alone on made-up embeddings; the shade spans p10 to p90; the "
        "faint dotted line is the head's own floor on this machine, the time its arithmetic and memory traffic would "
        "take at full speed.",
        "The backbone and the second encoder are not in it. A line that stops early did not fit or was not run.",
        plots_cost.scaling_plot,
        SPREAD,
    ),
    Plot(
        "parts",
        "Where a training step goes",
        "Each bar is one training step end to end; its segments are median times of the parts.",
        "Medians of parts need not add up to the median of the whole step, and parts that overlap are counted in each.",
        plots_cost.parts_plot,
        APART,
    ),
    Plot(
        "differences",
        "Difference to the reference, seed by seed",
        "One mark a seed, the bar is their mean; right of zero is better than the reference. Inside the shaded band, "
        "one point to either side, a difference is not a finding.",
        "Seeds share initial weights and data order with the reference's run; the spread over data sets is not in it.",
        plots_accuracy.differences_plot,
    ),
    Plot(
        "roc",
        "Verification of look-alike pairs",
        "Share of same-class pairs accepted (up is better) at each false-accept rate (logarithmic, harder to the "
        "left); the mean over seeds, the shade spans them.",
        "The left end rests on few false accepts; below ten of them nothing is printed in the tables.",
        plots_accuracy.roc_plot,
    ),
    Plot(
        "tail",
        "The long tail",
        "Left: identification on unseen images, for classes with many, some and few training images; marks "
        "are means, whiskers span the seeds. Right: the same by the exact number of training images.",
        "Identification here is by one gallery image a class for every head. Scores by learned centres answer another "
        "question and stand in their own column of the accuracy table.",
        plots_accuracy.tail_plot,
    ),
    Plot(
        "curves",
        "Learning curves",
        "Top: hard-pair accuracy on the validation classes. Bottom: training loss. Left against steps, right against "
        "seconds of training; the mean over seeds, the shade spans them.",
        "Losses of different heads are sums over different numbers of classes and are not comparable with one another. "
        "The seconds were taken with other runs beside them unless the run was exclusive: an order of magnitude.",
        plots_curves.curves_plot,
    ),
)


def draw_all(summary: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Draw all plots into `folder` and write figures.json: {name: {title, read, limits, drawn, reason}}."""
    looks = styles(summary["rows"])
    index: dict[str, Any] = {}
    for plot in PLOTS:
        with look(plot.name):
            drawn = plot.draw(summary, looks)
            if not isinstance(drawn, str):
                save(drawn[0], folder, plot.name, drawn[1])
        reason = drawn if isinstance(drawn, str) else None
        index[plot.name] = {"title": plot.title, "read": read_words(plot, summary), "limits": plot.limits}
        index[plot.name] |= {"drawn": reason is None, "reason": reason}
    write_json(folder / "figures.json", index)
    return index


def read_words(plot: Plot, summary: Mapping[str, Any]) -> str:
    """How to read a figure of this summary."""
    return plot.read + (plot.upkeep if any(upkeep_words(cost) for cost in summary["costs"]) else "")
