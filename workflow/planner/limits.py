"""What fits: the most classes, and which single change would make a step fit that does not."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import heads
from heads.kit import kind_of
from workflow.planner.held import Case, Row

MOST_CLASSES, MOST_GPUS, LEAST_DIM = 10**9, 4096, 64
RATIOS = (0.5, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""ratios that are tried below the one that does not fit"""
Fits = Callable[[Row, Case], bool]


class Change(NamedTuple):
    """One setting that would have to be another: batch | ratio | gpus | dim."""

    setting: str
    value: float


def most_classes(row: Row, case: Case, fits: Fits) -> int:
    """The largest number of classes up to MOST_CLASSES that fits; 0 where not even two do."""
    low, high = 1, MOST_CLASSES + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(row, case._replace(classes=middle)) else (low, middle)
    return low if low > 1 else 0


def changes(row: Row, case: Case, fits: Fits) -> list[Change]:
    """What alone would make the row fit, each as little changed as it must be."""
    tried = smaller_batch(row, case, fits), smaller_ratio(row, case, fits), more_gpus(row, case, fits)
    return [change for change in (*tried, smaller_dim(row, case, fits)) if change is not None]


def smaller_batch(row: Row, case: Case, fits: Fits) -> Change | None:
    """The largest batch that fits, by halves, and of which every GPU has two images."""
    multiple = kind_of(heads.load(row.head).batches).multiple
    for batch in halves(case.batch, max(multiple, 2 * case.gpus, 4)):
        batch -= batch % multiple
        if fits(row, case._replace(batch=batch)):
            return Change("batch", batch)
    return None


def smaller_ratio(row: Row, case: Case, fits: Fits) -> Change | None:
    """The largest ratio that fits."""
    if not heads.takes_ratio(row.head):
        return None
    lower = (ratio for ratio in RATIOS if ratio < row.ratio)
    return next((Change("ratio", ratio) for ratio in lower if fits(row._replace(ratio=ratio), case)), None)


def more_gpus(row: Row, case: Case, fits: Fits) -> Change | None:
    """The fewest GPUs that fit, by doubles, each with two images."""
    gpus = 2 * case.gpus
    while gpus <= min(MOST_GPUS, case.batch // 2):
        if fits(row, case._replace(gpus=gpus)):
            return Change("gpus", gpus)
        gpus *= 2
    return None


def smaller_dim(row: Row, case: Case, fits: Fits) -> Change | None:
    """The largest dimension that fits, by halves."""
    dims = halves(case.dim, LEAST_DIM)
    return next((Change("dim", dim) for dim in dims if fits(row, case._replace(dim=dim))), None)


def halves(number: int, least: int) -> Iterator[int]:
    """Half of a number, a quarter, and so on."""
    while (number := number // 2) >= least:
        yield number
