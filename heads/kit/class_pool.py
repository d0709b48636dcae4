"""F2C's dynamic class pool: slots for the classes used last, the least recently used one leaving first.

All tensors are on the head's device and all shapes follow from the batch's, so a GPU's host never waits to learn how
many classes a batch had. Where a batch of B embeddings has m < B classes, lists of classes repeat the last up to B.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

from heads.kit.checks import refuse_unless
from heads.kit.groups import Groups, group, run_starts
from heads.kit.store import EMPTY, Store


class Admission(NamedTuple):
    """What admitting one batch of B gallery embeddings would change, computed without changing anything.

    Classes are listed as in Groups.
    """

    labels: Tensor
    """(B,) int64 classes of the batch"""
    slots: Tensor
    """(B,) int64 slot each will hold"""
    fresh: Tensor
    """(B,) bool: it was not in the pool and takes over the slot of another class"""
    rows: Tensor
    """(R, B, D) all rows of each slot afterwards"""
    received: Tensor
    """(B,) int64 embeddings of the class since it took the slot, those of this batch included"""
    last: Tensor
    """(B,) int64 position in the batch of the class's last embedding: the order of use"""

    def find(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Which of the batch's classes each of `labels` (n,) is, (n,) int64, and whether it is one, (n,) bool."""
        at = torch.searchsorted(self.labels, labels).clamp_max(len(self.labels) - 1)
        return at, self.labels[at] == labels

    def columns(self, view: int) -> Tensor:
        """(B, D) vectors of its slots afterwards: row number `view` of those that received so many, else the first."""
        return torch.where(self.received[:, None] > view, self.rows[view], self.rows[0])

    def repeated(self) -> Tensor:
        """(B,) bool: entries that repeat the last class."""
        return ~run_starts(self.labels)


class ClassPool(Store):
    """K slots of R unit vectors each, for the K classes used last out of C; random directions until filled.

    A class that is met again overwrites the oldest of its vectors; with `average`, it has one, the direction of the
    mean of what the slot held and its new embeddings.
    """

    slot_of: Tensor
    received: Tensor
    used: Tensor
    clock: Tensor

    def __init__(self, size: int, num_classes: int, dim: int, rows: int = 2, average: bool = False):
        super().__init__()
        self.average = average
        self.register_buffer("vectors", normalize(torch.randn(1 if average else rows, size, dim), dim=2))
        self.register_buffer("labels", torch.full((size,), EMPTY))
        self.register_buffer("slot_of", torch.full((num_classes,), EMPTY, dtype=torch.int32))
        self.register_buffer("received", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("used", torch.arange(size) - size)  # time of last use: empty slots go first, in order
        self.register_buffer("clock", torch.tensor(0))

    def put(self, vectors: Tensor, labels: Tensor) -> None:
        """Admit without looking at the plan: see Store."""
        self.admit(self.plan(vectors, labels))

    def find(self, labels: Tensor) -> Tensor:
        """(B,) int64 slot of each of `labels`, EMPTY where the class is not in the pool."""
        return self.slot_of[labels].long()

    @torch.no_grad()
    def plan(self, gallery: Tensor, labels: Tensor) -> Admission:
        """Plan to admit the embeddings `gallery` (B, D) of classes `labels` (B,).

        A class in the pool keeps its slot; a fresh class takes the least recently used slot that no class of the batch
        holds. Raises ValueError if the batch has more classes than the pool has slots.
        """
        groups = group(labels)
        slots = self.find(groups.labels)
        fresh = slots == EMPTY
        slots = torch.where(fresh, self._evicted(slots, groups, fresh), slots)
        before = torch.where(fresh, 0, self.received[slots])
        if self.average:
            rows = self._averaged(gallery, groups, slots, fresh)
        else:
            rows = self._alternated(gallery, groups, slots, before)
        return Admission(groups.labels, slots, fresh, rows, before + groups.size, groups.last)

    def _evicted(self, held: Tensor, groups: Groups, fresh: Tensor) -> Tensor:
        """The slot for each fresh class, in the order in which the batch brings them: the least recently used, none of
        them among those `held`."""
        size, number = len(self.labels), len(held)
        refuse_unless(
            groups.pick[-1] < size,
            lambda: (
                f"a pool of {size} slots cannot hold the {groups.pick[-1] + 1} classes of one batch: "
                + "raise the ratio or lower the batch"
            ),
        )
        used = torch.cat([self.used, self.clock[None]])  # EMPTY, -1, marks the extra one
        used.index_fill_(0, held, torch.iinfo(used.dtype).max)  # to assign a number by index would wait for a GPU
        oldest = used[:-1].topk(min(number, size), largest=False, sorted=True).indices
        arrives = torch.zeros_like(held).index_copy_(0, groups.first, fresh.long())
        turn = arrives.cumsum(0)[groups.first] - 1
        return oldest[turn.clamp(0, len(oldest) - 1)]

    def _alternated(self, gallery: Tensor, groups: Groups, slots: Tensor, before: Tensor) -> Tensor:
        """(R, B, D) rows of `slots`, which had received `before` (B,), once new ones have overwritten the oldest."""
        rows = torch.cat([self.vectors[:, slots], self.vectors[:, :1]], 1)  # an extra one for those soon overwritten
        newest = groups.rank >= groups.size[groups.of] - len(rows)
        row = (before[groups.of] + groups.rank) % len(rows)
        rows[row, torch.where(newest, groups.of, len(slots))] = gallery.to(rows.dtype)
        return rows[:, groups.pick]

    def _averaged(self, gallery: Tensor, groups: Groups, slots: Tensor, fresh: Tensor) -> Tensor:
        """(1, B, D) direction of the mean of what each slot held and its new embeddings."""
        held = self.vectors[0, slots].masked_fill(fresh[:, None], 0)
        rows = normalize(held.index_add_(0, groups.of, gallery.to(held.dtype)), dim=1)
        return rows[None, groups.pick]

    def place(self, admission: Admission, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Slot of each of `labels` (n,) after the admission, or EMPTY; and what `admission.find` says of them."""
        evicting = torch.zeros(len(self.labels) + 1, dtype=torch.bool, device=labels.device)
        evicting.index_fill_(0, torch.where(admission.fresh, admission.slots, EMPTY), True)
        held = self.find(labels)
        at, met = admission.find(labels)
        return torch.where(met, admission.slots[at], held.masked_fill(evicting[held], EMPTY)), at, met

    @torch.no_grad()
    def admit(self, admission: Admission) -> None:
        """Carry out `admission`."""
        evicted = self.labels[admission.slots]
        leaving = torch.where(admission.fresh & (evicted != EMPTY), evicted, admission.labels)
        self.slot_of.index_fill_(0, leaving, EMPTY)
        self.slot_of[admission.labels] = admission.slots.to(self.slot_of.dtype)
        self.labels[admission.slots] = admission.labels
        self.vectors[:, admission.slots] = admission.rows
        self.received[admission.slots] = admission.received
        self.used[admission.slots] = self.clock + admission.last
        self.clock.add_(admission.last.max() + 1)
