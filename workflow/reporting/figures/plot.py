"""What one figure is."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from workflow.reporting.palette import Styles
from workflow.summary.summary import Summary

Drawn = tuple[Figure, pd.DataFrame]
"""A figure with the numbers in it, which are published beside it."""

SPREAD = " Work that a head does only every so many steps is in the step time, spread evenly over all steps."
APART = " Work that a head does only every so many steps is in none of them."


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
    draw: Callable[[Summary, Styles], Drawn | str]
    upkeep: str = ""
