"""By how much a standard error is multiplied to make the half-width of an interval, and how many seeds narrow it.

Dunnett's multiplier serves comparisons of many rows with one reference, Tukey's those of every row with every other,
Student's a single comparison that was planned. Each is that of scipy, kept for the sizes it was computed for.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import dunnett, studentized_range
from scipy.stats import t as student

CONFIDENCE = 0.95
MOST_SEEDS = 1000
"""Beyond so many seeds a row, a number of them is no longer sought."""
Sizes = tuple[int, ...]
"""Seeds of every row, each at least 2; that of the reference first."""


@cache
def student_factor(freedom: int) -> float:
    """Multiplier for one planned comparison."""
    return float(student.ppf((1 + CONFIDENCE) / 2, freedom))


@cache
def dunnett_factor(sizes: Sizes) -> float:
    """Multiplier for all rows against the first at once; with two rows it is Student's.

    scipy gives half-widths, not the multiplier: it is read off samples of these sizes. The quadrature behind it is
    randomised and gets the same generator every time, so that a report is the same whenever it is rendered.
    """
    freedom = sum(sizes) - len(sizes)
    if len(sizes) == 2:
        return student_factor(freedom)
    control, *others = (np.arange(size, dtype=np.float64) for size in sizes)
    interval = dunnett(*others, control=control, rng=np.random.default_rng(0)).confidence_interval(CONFIDENCE)
    within = sum(float(((sample - sample.mean()) ** 2).sum()) for sample in (control, *others)) / freedom
    standard_error = np.sqrt(within * (1 / sizes[0] + 1 / sizes[1]))
    widths = np.asarray(interval.high) - np.asarray(interval.low)
    return float(widths[0] / 2 / standard_error)


@cache
def tukey_factor(sizes: Sizes) -> float:
    """Multiplier for every row against every other at once (Tukey and Kramer)."""
    freedom = sum(sizes) - len(sizes)
    return float(studentized_range.ppf(CONFIDENCE, len(sizes), freedom) / np.sqrt(2))


@cache
def narrowing(rows: int, freedom: int) -> NDArray[np.float64]:
    """How a multiplier changes with 2, 3, ... MOST_SEEDS seeds in each of `rows` rows, beside that at `freedom`.

    Approximated by Šidák's bound on as many comparisons, whose quantiles are Student's.
    """
    tail = (1 - CONFIDENCE ** (1 / max(rows - 1, 1))) / 2
    freedoms = rows * np.arange(1, MOST_SEEDS)
    return np.asarray(student.isf(tail, freedoms) / student.isf(tail, freedom), dtype=np.float64)


Numbers = NDArray[np.float64]


def seeds_for(width: Numbers, deviation: Numbers, classes_se: Numbers, factor: Numbers, narrower: Numbers) -> Numbers:
    """The fewest seeds a row for which the half-width of each of (N,) differences is at most `width`.

    `deviation` is that over seeds, `narrower` (N, MOST_SEEDS - 1) the `narrowing` of each multiplier `factor`. Infinite
    where the standard error `classes_se` of the test classes alone is too wide; MOST_SEEDS where there are more.
    """
    seeds = np.arange(2, MOST_SEEDS + 1)
    errors = np.sqrt(2 * deviation[:, None] ** 2 / seeds + classes_se[:, None] ** 2)
    enough = factor[:, None] * narrower * errors <= width[:, None]
    fewest = np.where(enough.any(axis=1), seeds[enough.argmax(axis=1)], MOST_SEEDS)
    return np.where(factor * narrower[:, -1] * classes_se >= width, np.inf, fewest)
