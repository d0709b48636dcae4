"""Work spread over processes, results in the order of the tasks: the outcome does not depend on how many there are."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(function: Callable[[T], R], tasks: Sequence[T], jobs: int) -> Iterator[R]:
    """Yield function(task) for every task, in order, computed by `jobs` processes (by this one if jobs is 1)."""
    if jobs <= 1 or len(tasks) < 2:
        yield from map(function, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(min(jobs, len(tasks))) as pool:
        yield from pool.imap(function, tasks)
