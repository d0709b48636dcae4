"""The two sides of a row, ready to step on the same batches: our head, and the reference."""

from collections.abc import Callable
from itertools import count
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import normalize

import heads
from heads.kit.interface import Batch, Encoder
from tests.benchmarks.reference_pool import PoolSoftmax
from tests.benchmarks.references import FullSoftmax, QueueSoftmax, SampledSoftmax
from tests.benchmarks.rows import Row
from workflow.measuring.filling import fill
from workflow.measuring.synthetic import Synthetic

LR, SEED = 0.1, 0


class Side(Protocol):
    """What both sides can do: one whole step of the head, and show what they keep between steps."""

    def step(self, encode: Encoder, batch: Batch) -> Tensor: ...
    def state(self) -> list[Tensor]: ...


class Ours:
    """The project's head, its queue or pool as full as in the middle of a run."""

    def __init__(self, row: Row):
        self.head = heads.load(row.head)(row.classes, row.dim, **heads.chosen(row.head, row.options, row.ratio))
        self.head.lr = LR
        fill(self.head, row.classes)

    def step(self, encode: Encoder, batch: Batch) -> Tensor:
        loss = self.head(encode, batch)
        loss.backward()
        self.head.commit()
        return loss.detach()

    def state(self) -> list[Tensor]:
        return [*self.head.buffers(), *(parameter.data for parameter in self.head.parameters())]


def fc(row: Row) -> FullSoftmax:
    return FullSoftmax(_weight(row), LR)


def partial_fc(row: Row) -> SampledSoftmax:
    return SampledSoftmax(_weight(row), row.ratio, lr=LR)


def dcq(row: Row) -> QueueSoftmax:
    slots = round(row.ratio * row.classes)
    labels = torch.arange(slots) * row.classes // slots
    return QueueSoftmax(_unit(slots, row.dim), labels)


def f2c(row: Row) -> PoolSoftmax:
    slots = round(row.ratio * row.classes)
    pool = PoolSoftmax(_unit(2, slots, row.dim))
    pool.books.fill(row.classes)
    return pool


REFERENCES: dict[str, Callable[[Row], Side]] = {"fc": fc, "partial_fc": partial_fc, "dcq": dcq, "f2c": f2c}
SIDES = ("reference", "ours")


class Contestant:
    """One side of a row, with its batches."""

    def __init__(self, row: Row, side: str):
        torch.manual_seed(SEED)
        self.side: Side = Ours(row) if side == "ours" else REFERENCES[row.head](row)
        for tensor in self.side.state():
            _touch(tensor)
        self.kind, self.number = heads.load(row.head).batches, count()
        self.batches = Synthetic(row.batch, row.classes, row.dim, SEED, torch.device("cpu"))

    def prepare(self) -> Batch:
        """The next batch of embeddings, leaf tensors, as the head's loader would shape it."""
        return self.batches.batch(self.kind, next(self.number))

    def step(self, batch: Batch) -> Tensor:
        """One training step of the head alone; its loss."""
        return self.side.step(Encoder(), batch)

    def state_bytes(self) -> int:
        """Bytes of tensors kept between steps."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self.side.state())


def _touch(tensor: Tensor) -> None:
    """Write every page once: the system grants zeroed memory only when it is written, as in a long run it will be."""
    tensor.copy_(tensor.clone())


def _weight(row: Row) -> Tensor:
    return torch.randn(row.classes, row.dim).mul_(0.01)


def _unit(*shape: int) -> Tensor:
    return normalize(torch.randn(shape), dim=-1)
