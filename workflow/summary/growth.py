"""A quantity of a head alone against its number of classes: the points measured, straight lines between and beyond.

docs/cost-model.md states the rules in words. The report's JavaScript computes the same numbers, so what is done here is
plain arithmetic on plain data.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple, Self

from workflow.cells.records import Part

WORST = 10.0
"""factor of error where two points do not even agree on whether there is growth"""


class Basis(StrEnum):
    """What a number at some number of classes rests on."""

    MEASURED = "measured"
    BETWEEN = "interpolated"
    BEYOND = "extrapolated"


class Range(NamedTuple):
    """A value and the interval that is stated for it."""

    value: float
    low: float
    high: float

    def plus(self, other: "Range") -> "Range":
        """The sum; its interval is the sum of both, as if they erred alike."""
        return Range(*(a + b for a, b in zip(self, other, strict=True)))

    def times(self, factor: float) -> "Range":
        """All three multiplied by a factor that is not negative."""
        return Range(*(factor * part for part in self))


class Point(NamedTuple):
    """A measured value; `declared` is what the head declares of the same quantity there, where its growth is exact."""

    classes: int
    found: Range
    declared: float | None = None


class Curve(Part):
    """Values, with their intervals, at increasing numbers of classes.

    `rise` is the growth per class beyond the largest, and `error` the factor by which the growth up to the largest is
    missed in the same way from the smaller ones; both None of a single point, from which nothing is extrapolated.
    """

    classes: tuple[int, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    rise: float | None
    error: float | None

    @classmethod
    def through(cls, points: Iterable[Point]) -> Self | None:
        """The curve through points at different numbers of classes; those that are not positive are left out, and of
        none there is no curve."""
        kept = sorted(point for point in points if point.found.value > 0)
        if not kept:
            return None
        values, low, high = zip(*(point.found for point in kept), strict=True)
        sizes = tuple(point.classes for point in kept)
        return cls(classes=sizes, values=values, low=low, high=high, rise=rise(kept), error=miss(kept))

    def basis(self, classes: float) -> Basis:
        """What the value at `classes` rests on."""
        if classes in self.classes:
            return Basis.MEASURED
        return Basis.BETWEEN if self.classes[0] < classes < self.classes[-1] else Basis.BEYOND

    def at(self, classes: float) -> Range | None:
        """The value at any number of classes above 0; None where a single point would have to be extrapolated."""
        if classes in self.classes:
            return self.point(self.classes.index(int(classes)))
        if self.error is None:
            return None
        if classes < self.classes[0]:
            return self.before(classes)
        return self.between(classes) if classes < self.classes[-1] else self.after(classes)

    def point(self, place: int) -> Range:
        """What was measured."""
        return Range(self.values[place], self.low[place], self.high[place])

    def between(self, classes: float) -> Range:
        """On the straight line between two points."""
        place = bisect_left(self.classes, classes)
        share = (classes - self.classes[place - 1]) / (self.classes[place] - self.classes[place - 1])
        return self.point(place - 1).times(1 - share).plus(self.point(place).times(share))

    def before(self, classes: float) -> Range:
        """Below all points: on the first line, at least in proportion to the classes, at most the first value."""
        first, share = self.point(0), classes / self.classes[0]
        slope = (self.values[1] - self.values[0]) / (self.classes[1] - self.classes[0])
        start = min(max(first.value - slope * self.classes[0], 0.0), first.value)
        return Range(start + (first.value - start) * share, first.low * share, first.high)

    def after(self, classes: float) -> Range:
        """Beyond all points: the last one, and growth at the rate `rise`, uncertain by the factor `error` to the power
        of the distance in steps as long as the last one between points (on a logarithmic scale)."""
        last, largest, before = self.point(len(self.values) - 1), self.classes[-1], self.classes[-2]
        growth = (self.rise or 0.0) * (classes - largest)
        steps = max(1.0, math.log(classes / largest) / math.log(largest / before))
        wide = (self.error or 1.0) ** steps
        return last.plus(Range(growth, growth / wide, growth * wide))


def rise(points: Sequence[Point]) -> float | None:
    """The growth per class beyond the last of `points`: what is declared between the last two, else what was measured.
    Never negative, as no head becomes cheaper with more classes; None of one point."""
    if len(points) < 2:
        return None
    before, last = points[-2:]
    growth = declared_growth(before, last)
    growth = last.found.value - before.found.value if growth is None else growth
    return max(0.0, growth / (last.classes - before.classes))


def miss(points: Sequence[Point]) -> float | None:
    """The factor by which the growth to the last of `points` differs from what the others predict: 1 to WORST. One that
    is alone predicts by what is declared, else a value in proportion to the classes."""
    if len(points) < 2:
        return None
    before, last = points[-2:]
    predicted, grown = declared_growth(before, last), last.found.value - before.found.value
    if predicted is None:
        per_class = rise(points[:-1])
        per_class = before.found.value / before.classes if per_class is None else per_class
        predicted = per_class * (last.classes - before.classes)
    if min(predicted, grown) <= 0:
        return WORST if max(predicted, grown) > 0 else 1.0
    return min(max(predicted / grown, grown / predicted), WORST)


def declared_growth(before: Point, last: Point) -> float | None:
    """What is declared at the last point beyond that at the one before; None where either declares nothing."""
    if before.declared is None or last.declared is None:
        return None
    return last.declared - before.declared
