"""What a cost cell measures: a head alone, or a whole training step."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

import heads
from heads.kit import Cost, Head, Place
from workflow.cells.choices import REFERENCES
from workflow.cells.spec import CostMode, CostSpec
from workflow.measuring import references


class Encoded(NamedTuple):
    """Images encoded so far: with a gradient, and by the twin."""

    gradient: int
    twin: int


class Parts(NamedTuple):
    """Where the time of a step goes."""

    milliseconds: dict[str, float]
    """median of each part"""
    sum_ratio: float
    """the sum of the parts over the median of steps that nothing was timed within"""


class Workload(Protocol):
    """One step after another of something that contains a head. `build` comes first, but for `cost` and `prime`."""

    mode: CostMode
    classes: int
    batch: int
    """images, or embeddings, with a gradient in one backward pass"""
    dim: int
    precision: str
    device: torch.device
    head: Head

    def cost(self, batch: int, dim: int) -> Cost:
        """What the head declares for one step with `batch` images that carry a gradient and embeddings of length `dim`;
        NotImplementedError where it declares nothing."""

    def prime(self) -> None:
        """Load the libraries that a step needs, so that they do not count as the head's memory."""

    def build(self) -> None:
        """Make everything a step needs, with stores filled as in mid-run. ValueError where the head refuses its size
        or options."""

    def prepare(self, step: int) -> Callable[[], Tensor | float]:
        """Do what belongs to step number `step` (from 0) and is not timed; the function that is returned takes the
        step and returns its loss."""

    def encoded(self) -> Encoded:
        """Images encoded so far."""


@runtime_checkable
class Divided(Protocol):
    """A workload whose steps have parts."""

    def parts(self, first: int, median_ms: float) -> Parts:
        """Take further steps from number `first` part by part; `median_ms` is the median of undivided steps."""


def declared_cost(spec: CostSpec, batch: int, classes: int, dim: int, device: str = "cpu") -> Cost:
    """What the head of `spec` declares for one step with `batch` images that carry a gradient and `classes` classes, on
    a kind of device; NotImplementedError where it declares nothing."""
    cell = spec.cell
    if cell.head in REFERENCES:
        return references.load(cell.head).cost(batch, classes, dim, ratio=cell.ratio)
    return heads.cost(cell.head, batch, classes, dim, options=spec.options, ratio=cell.ratio, place=Place(device))
