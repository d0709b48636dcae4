"""Stores of generated class vectors: a ring that forgets the oldest, and slots that forget the least recently used."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

EMPTY = -1
"""label of a slot that holds no class yet"""


class Ring(nn.Module):
    """First in, first out: (K, D) unit vectors and their (K,) labels; random directions until filled."""

    def __init__(self, size: int, dim: int):
        super().__init__()
        self.register_buffer("vectors", normalize(torch.randn(size, dim), dim=1))
        self.register_buffer("labels", torch.full((size,), EMPTY))
        self.register_buffer("next", torch.tensor(0))

    @torch.no_grad()
    def push(self, vectors: Tensor, labels: Tensor) -> None:
        """Overwrite the oldest entries with `vectors` (B, D) and `labels` (B,), wrapping around at the end."""
        size = len(self.labels)
        vectors, labels = vectors[-size:], labels[-size:]
        where = self.oldest(len(labels))
        self.vectors[where] = vectors.to(self.vectors.dtype)
        self.labels[where] = labels
        self.next.copy_((self.next + len(labels)) % size)

    def oldest(self, number: int) -> Tensor:
        """(number,) int64 places of the entries that the next push of so many overwrites, at most all of them."""
        size = len(self.labels)
        return (self.next + torch.arange(min(number, size), device=self.labels.device)) % size


class Visit(NamedTuple):
    """What admitting one batch of keys would change, computed without changing anything. m distinct classes."""

    labels: Tensor
    """(m,) int64 classes of the batch, ascending"""
    slots: Tensor
    """(m,) int64 slot each will hold"""
    fresh: Tensor
    """(m,) bool: it was not in the pool and takes over the slot of another class"""
    revisited: Tensor
    """(m,) bool: its slot holds two keys afterwards, so its second row counts too"""
    rows: Tensor
    """(2, m, D) both rows of each slot afterwards"""
    turn: Tensor
    """(m,) int64, 0 or 1: the row to overwrite at the next visit"""
    last: Tensor
    """(m,) int64 position in the batch of the class's last key: the order of use"""

    def place(self, labels: Tensor, held: Tensor) -> Tensor:
        """Slot of each of `labels` (B,) once the visit has happened, or EMPTY; `held` (B,) is its slot before."""
        at = torch.searchsorted(self.labels, labels).clamp_max(len(self.labels) - 1)
        survives = held.masked_fill(torch.isin(held, self.slots[self.fresh]), EMPTY)
        return torch.where(self.labels[at] == labels, self.slots[at], survives)


class Slots(nn.Module):
    """K slots of two unit vectors each, for the K classes used last out of C; random directions until filled."""

    def __init__(self, size: int, num_classes: int, dim: int):
        super().__init__()
        self.register_buffer("vectors", normalize(torch.randn(2, size, dim), dim=2))
        self.register_buffer("labels", torch.full((size,), EMPTY))
        self.register_buffer("slot_of", torch.full((num_classes,), EMPTY, dtype=torch.int32))
        self.register_buffer("turn", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("used", torch.arange(size) - size)  # time of last use: empty slots go first, in order
        self.register_buffer("clock", torch.tensor(0))

    def find(self, labels: Tensor) -> Tensor:
        """(B,) int64 slot of each of `labels`, EMPTY where the class is not in the pool."""
        return self.slot_of[labels].long()

    @torch.no_grad()
    def visit(self, keys: Tensor, labels: Tensor) -> Visit:
        """Plan to admit `keys` (B, D) of classes `labels` (B,): a class in the pool keeps its slot and its older row
        is overwritten; a fresh class takes the least recently used slot that no class of the batch holds.

        Raises ValueError if the batch has more classes than the pool has slots.
        """
        distinct, inverse, count = labels.unique(return_inverse=True, return_counts=True)
        rank = occurrence(inverse, count)
        slots = self.find(distinct)
        fresh = slots == EMPTY
        first = torch.zeros_like(distinct).scatter_(0, inverse[rank == 0], (rank == 0).nonzero().squeeze(1))
        last = torch.zeros_like(distinct).scatter_(
            0, inverse[rank == count[inverse] - 1], (rank == count[inverse] - 1).nonzero().squeeze(1)
        )
        newcomers = fresh.nonzero().squeeze(1)
        newcomers = newcomers[first[newcomers].argsort()]
        slots[newcomers] = self._victims(slots[~fresh], len(newcomers))
        start = torch.where(fresh, 0, self.turn[slots])
        rows = self.vectors[:, slots]
        kept = rank >= count[inverse] - 2  # older keys of the same class would be overwritten within the batch
        rows[((start[inverse] + rank) % 2)[kept], inverse[kept]] = keys[kept].to(rows.dtype)
        return Visit(distinct, slots, fresh, ~fresh | (count > 1), rows, (start + count) % 2, last)

    def _victims(self, held: Tensor, number: int) -> Tensor:
        """The `number` least recently used slots, oldest first, none of them among `held`."""
        if number + len(held) > len(self.labels):
            raise ValueError(
                f"a pool of {len(self.labels)} slots cannot hold the {number + len(held)} classes of one batch: "
                "raise the ratio or lower the batch"
            )
        used = self.used.clone()
        used[held] = torch.iinfo(used.dtype).max
        return used.topk(number, largest=False, sorted=True).indices

    @torch.no_grad()
    def admit(self, visit: Visit) -> None:
        """Carry out `visit`."""
        evicted = self.labels[visit.slots[visit.fresh]]
        self.slot_of[evicted[evicted != EMPTY]] = EMPTY
        self.slot_of[visit.labels] = visit.slots.to(self.slot_of.dtype)
        self.labels[visit.slots] = visit.labels
        self.vectors[:, visit.slots] = visit.rows
        self.turn[visit.slots] = visit.turn
        self.used[visit.slots] = self.clock + visit.last
        self.clock.add_(int(visit.last.max()) + 1)


def occurrence(group: Tensor, count: Tensor) -> Tensor:
    """How many earlier members of its group each element has. `group` (n,) in 0..m-1, `count` (m,) members each."""
    order = group.argsort(stable=True)
    start = count.cumsum(0) - count
    rank = torch.empty_like(group)
    rank[order] = torch.arange(len(group), device=group.device) - start[group[order]]
    return rank
