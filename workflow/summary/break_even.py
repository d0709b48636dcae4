"""From which number of classes on a row costs less than the reference: in step time and in memory, whole step."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Literal

import numpy as np

from workflow.summary.composed import coefficients
from workflow.summary.growth import Basis, Curve
from workflow.summary.step_model import Coefficients, Model, Setting
from workflow.summary.summary import Summary

Quantity = Literal["time", "memory"]
POINTS = 401
"""numbers of classes that are tried, evenly spread on a logarithmic scale"""


class Crossing(StrEnum):
    """What is known of a break-even."""

    AT = "from this number of classes on"
    BELOW = "below all measured sizes"
    NEVER = "never within 10^8 classes"
    DISTURBED = "a timing did not run alone on the machine"
    UNKNOWN = "not measured at two sizes"


@dataclass(frozen=True)
class BreakEven:
    """From which number of `classes` on the row costs less than the reference; a number only where it is AT.

    `low` is where it may do so, reading both intervals in its favour, and `high` where it does so even against it; the
    smallest size measured stands for all below it too, and None for never. `basis` is what the numbers there rest on.
    """

    name: str
    reference: str
    quantity: Quantity
    crossing: Crossing
    classes: float | None = None
    low: float | None = None
    high: float | None = None
    basis: Basis | None = None


def break_evens(summary: Summary) -> list[BreakEven]:
    """Every row of the run, plain references too, against the reference: its time, then its memory."""
    found = coefficients(summary)
    base = next((row for row in found.rows if row.name == found.reference), None)
    if base is None:
        return []
    others = [row for row in found.rows if row.name != base.name]
    quantities: tuple[Quantity, ...] = ("time", "memory")
    return [break_even(row, base, quantity, found) for row in others for quantity in quantities]


def break_even(row: Model, base: Model, quantity: Quantity, found: Coefficients) -> BreakEven:
    """One row against the reference, at the batch and dimension of the run."""
    result = partial(BreakEven, row.name, base.name, quantity)
    if quantity == "time" and not (row.exclusive and base.exclusive):
        return result(Crossing.DISTURBED)
    grid = np.geomspace(start(row, base, quantity), found.farthest, POINTS)
    own, other = (ranges(each, quantity, found, grid) for each in (row, base))
    if own is None or other is None:
        return result(Crossing.UNKNOWN)
    at, first, last = (crossing(grid, own[:, mine] - other[:, its]) for mine, its in ((0, 0), (1, 2), (2, 1)))
    low, high = (None if bound == np.inf else bound for bound in (first, last))
    if grid[0] < at < np.inf:
        return result(Crossing.AT, at, low, high, basis_of(row, base, quantity, at))
    return result(Crossing.NEVER if at == np.inf else Crossing.BELOW, None, low, high)


def basis_of(row: Model, base: Model, quantity: Quantity, at: float) -> Basis:
    """What the numbers at a break-even rest on: extrapolated, if either is."""
    found = {one.basis(at) for one in curves(row, base, quantity)}
    return Basis.BEYOND if Basis.BEYOND in found else Basis.BETWEEN


def curves(row: Model, base: Model, quantity: Quantity) -> list[Curve]:
    """The curves of both heads alone, as far as they were measured."""
    alone = [each.alone for each in (row, base) if each.alone]
    found = [each.ms if quantity == "time" else each.bytes for each in alone]
    return [curve for curve in found if curve]


def start(row: Model, base: Model, quantity: Quantity) -> int:
    """The smallest size at which both were measured."""
    return max((curve.classes[0] for curve in curves(row, base, quantity)), default=1)


def ranges(row: Model, quantity: Quantity, found: Coefficients, grid: np.ndarray) -> np.ndarray | None:
    """(n, 3) value, low and high of the whole step at n sizes; None where any cannot be composed."""
    steps = [row.at(Setting(float(size), found.batch or 1, found.dim or 1)) for size in grid]
    values = [step.ms if quantity == "time" else step.bytes for step in steps]
    kept = [value for value in values if value is not None]
    return np.array(kept) if len(kept) == len(values) else None


def crossing(grid: np.ndarray, difference: np.ndarray) -> float:
    """The size from which on the difference stays below 0: the first of the grid if it always is, infinity if it is
    not at the end; between two sizes on the straight line."""
    above = np.flatnonzero(difference >= 0)
    if not len(above):
        return float(grid[0])
    last = int(above[-1])
    if last == len(grid) - 1:
        return float(np.inf)
    share = difference[last] / (difference[last] - difference[last + 1])
    return float(grid[last] + share * (grid[last + 1] - grid[last]))
