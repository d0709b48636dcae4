"""What a machine's records hold beyond what heads declare, and how far the sum is from every measured cell."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from statistics import median
from typing import NamedTuple

import numpy as np

from workflow.planner.known import Cell
from workflow.summary.costs import PROCESS, PROCESS_BOUND

CLOSE = 0.05
"""share by which a measured peak may be missed"""
KEPT = 16 << 20
"""bytes by which the growth of a process differs between runs of the same code, since its allocator keeps what was
freed: more than that cannot be asked of a prediction of it"""


class Missed(NamedTuple):
    """A measured cell, and what was predicted of it."""

    name: str
    classes: int
    measured: float
    predicted: float
    slack: int = 0
    """how far the meter itself can be off"""

    @property
    def error(self) -> float:
        """Share by which the prediction is off."""
        return self.predicted / self.measured - 1

    @property
    def close(self) -> bool:
        """Whether it is within CLOSE, or within what the meter can tell."""
        return abs(self.predicted - self.measured) <= max(CLOSE * self.measured, self.slack)


class Spread(NamedTuple):
    """How far the predictions of several cells are off, and the worst of them."""

    most: float
    half: float
    """share within which half of them are"""
    worst: Missed

    def where(self, show: Callable[[float], str]) -> str:
        """The worst one in words, its numbers shown so."""
        worst = self.worst
        return f"{worst.name} at {worst.classes:,}: {show(worst.predicted)} for {show(worst.measured)}"


def spread(found: Sequence[Missed]) -> Spread:
    """The spread of one or more."""
    worst = max(found, key=lambda missed: abs(missed.error))
    return Spread(abs(worst.error), median(abs(missed.error) for missed in found), worst)


def beyond(cells: Sequence[Cell], name: str, classes: float) -> int:
    """Bytes that the row called `name` holds beyond what its head declares: as it was measured, between two sizes on a
    straight line and outside of all as at the nearest; of a row that was not measured what others hold."""
    own = sorted((cell.row.classes, cell.peak - cell.declared) for cell in cells if cell.row.name == name and cell.peak)
    if not own:
        return of_others(cells)
    sizes, found = zip(*own, strict=True)
    return round(float(np.interp(classes, sizes, found)))


def of_others(cells: Sequence[Cell]) -> int:
    """Bytes that a cell holds beyond what its head declares: the median over all measured ones, each weighing the more
    the smaller it is, as its relative error counts; 0 of none."""
    found = sorted((cell.peak - cell.declared, 1 / cell.peak) for cell in cells if cell.peak)
    half = sum(weight for _, weight in found) / 2
    upto = accumulate(weight for _, weight in found)
    return max(0, next((bytes_ for (bytes_, _), so_far in zip(found, upto, strict=True) if so_far >= half), 0))


def missed(cells: Sequence[Cell]) -> list[Missed]:
    """Every measured cell, predicted from what its head declares and from what the other cells hold beyond that."""
    found = []
    for cell in cells:
        if cell.peak:
            others = [other for other in cells if other is not cell]
            predicted = cell.declared + beyond(others, cell.row.name, cell.row.classes)
            slack = KEPT if growths(cell) else 0
            found.append(Missed(cell.row.name, cell.row.classes, cell.peak, predicted, slack))
    return found


def growths(cell: Cell) -> bool:
    """Whether the cell's peak is the growth of a process, which also holds freed memory."""
    return cell.meter in (PROCESS, PROCESS_BOUND)
