"""Stores of generated class vectors: a ring that forgets the oldest, and slots that forget the least recently used.

Both are tensors on the head's device, and all shapes follow from the batch's: a GPU's host never waits to learn how
many classes a batch had. Where a batch of B keys has m < B classes, lists of classes repeat the last one up to B.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, normalize

from heads.kit.checks import refuse_unless
from heads.kit.lse import Hide, LogSumExp, widened
from heads.kit.sample import starts

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


class Groups(NamedTuple):
    """The classes of B labels, ascending; from the last one on, that one repeated."""

    labels: Tensor
    """(B,) int64 classes"""
    of: Tensor
    """(B,) int64 which of them each label is"""
    pick: Tensor
    """(B,) int64 0, 1, ... m-1, m-1, ..."""
    count: Tensor
    """(B,) int64 labels of each class"""
    rank: Tensor
    """(B,) int64 how many equal labels each has before it"""
    first: Tensor
    """(B,) int64 place of each class's first label"""
    last: Tensor
    """(B,) int64 place of its last"""


def group(labels: Tensor) -> Groups:
    """The classes of `labels` (B,), B > 0."""
    places = torch.arange(len(labels), device=labels.device)
    ordered, order = labels.sort(stable=True)
    number = starts(ordered).cumsum(0) - 1
    pick = places.minimum(number[-1])
    count = torch.zeros_like(labels).index_add_(0, number, torch.ones_like(labels))
    start = count.cumsum(0) - count
    of, rank = (torch.empty_like(labels).scatter_(0, order, values) for values in (number, places - start[number]))
    start, count = start[pick], count[pick]
    return Groups(ordered[start], of, pick, count, rank, order[start], order[start + count - 1])


class Visit(NamedTuple):
    """What admitting one batch of B keys would change, computed without changing anything; classes as in Groups."""

    labels: Tensor
    """(B,) int64 classes of the batch"""
    slots: Tensor
    """(B,) int64 slot each will hold"""
    fresh: Tensor
    """(B,) bool: it was not in the pool and takes over the slot of another class"""
    rows: Tensor
    """(R, B, D) all rows of each slot afterwards"""
    keys: Tensor
    """(B,) int64 keys of the class since it took the slot, those of this visit included"""
    last: Tensor
    """(B,) int64 place in the batch of the class's last key: the order of use"""

    def find(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Which of the visit's classes each of `labels` (n,) is, and whether it is one."""
        at = torch.searchsorted(self.labels, labels).clamp_max(len(self.labels) - 1)
        return at, self.labels[at] == labels

    def columns(self, view: int) -> Tensor:
        """(B, D) vectors of its slots afterwards: row number `view` of those that hold so many keys, else the first."""
        return torch.where(self.keys[:, None] > view, self.rows[view], self.rows[0])

    def repeated(self) -> Tensor:
        """(B,) bool: entries that repeat the last class."""
        return ~starts(self.labels)


class Slots(nn.Module):
    """K slots of R unit vectors each, for the K classes used last out of C; random directions until filled.

    A class that is met again overwrites the oldest of its vectors; with `average`, it has one, the direction of the
    mean of what the slot held and its new keys.
    """

    def __init__(self, size: int, num_classes: int, dim: int, rows: int = 2, average: bool = False):
        super().__init__()
        self.average = average
        self.register_buffer("vectors", normalize(torch.randn(1 if average else rows, size, dim), dim=2))
        self.register_buffer("labels", torch.full((size,), EMPTY))
        self.register_buffer("slot_of", torch.full((num_classes,), EMPTY, dtype=torch.int32))
        self.register_buffer("keys", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("used", torch.arange(size) - size)  # time of last use: empty slots go first, in order
        self.register_buffer("clock", torch.tensor(0))

    def find(self, labels: Tensor) -> Tensor:
        """(B,) int64 slot of each of `labels`, EMPTY where the class is not in the pool."""
        return self.slot_of[labels].long()

    @torch.no_grad()
    def visit(self, keys: Tensor, labels: Tensor) -> Visit:
        """Plan to admit `keys` (B, D) of classes `labels` (B,): a class in the pool keeps its slot; a fresh class takes
        the least recently used slot that no class of the batch holds.

        Raises ValueError if the batch has more classes than the pool has slots.
        """
        groups = group(labels)
        slots = self.find(groups.labels)
        fresh = slots == EMPTY
        slots = torch.where(fresh, self._victims(slots, groups, fresh), slots)
        before = torch.where(fresh, 0, self.keys[slots])
        if self.average:
            rows = self._averaged(keys, groups, slots, fresh)
        else:
            rows = self._alternated(keys, groups, slots, before)
        return Visit(groups.labels, slots, fresh, rows, before + groups.count, groups.last)

    def _victims(self, held: Tensor, groups: Groups, fresh: Tensor) -> Tensor:
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

    def _alternated(self, keys: Tensor, groups: Groups, slots: Tensor, before: Tensor) -> Tensor:
        """(R, B, D) rows of `slots`, which had `before` (B,) keys, once new ones have overwritten the oldest."""
        rows = torch.cat([self.vectors[:, slots], self.vectors[:, :1]], 1)  # the extra one for keys soon overwritten
        newest = groups.rank >= groups.count[groups.of] - len(rows)
        row = (before[groups.of] + groups.rank) % len(rows)
        rows[row, torch.where(newest, groups.of, len(slots))] = keys.to(rows.dtype)
        return rows[:, groups.pick]

    def _averaged(self, keys: Tensor, groups: Groups, slots: Tensor, fresh: Tensor) -> Tensor:
        """(1, B, D) direction of the mean of what each slot held and its new keys."""
        held = self.vectors[0, slots].masked_fill(fresh[:, None], 0)
        rows = normalize(held.index_add_(0, groups.of, keys.to(held.dtype)), dim=1)
        return rows[None, groups.pick]

    def place(self, visit: Visit, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Slot of each of `labels` (B,) once the visit has happened, or EMPTY; and what `visit.find` says of them."""
        evicting = torch.zeros(len(self.labels) + 1, dtype=torch.bool, device=labels.device)
        evicting.index_fill_(0, torch.where(visit.fresh, visit.slots, EMPTY), True)
        held = self.find(labels)
        at, met = visit.find(labels)
        return torch.where(met, visit.slots[at], held.masked_fill(evicting[held], EMPTY)), at, met

    @torch.no_grad()
    def admit(self, visit: Visit) -> None:
        """Carry out `visit`."""
        evicted = self.labels[visit.slots]
        self.slot_of.index_fill_(0, torch.where(visit.fresh & (evicted != EMPTY), evicted, visit.labels), EMPTY)
        self.slot_of[visit.labels] = visit.slots.to(self.slot_of.dtype)
        self.labels[visit.slots] = visit.labels
        self.vectors[:, visit.slots] = visit.rows
        self.keys[visit.slots] = visit.keys
        self.used[visit.slots] = self.clock + visit.last
        self.clock.add_(visit.last.max() + 1)


class Finding(NamedTuple):
    """The h entries of a pool most similar to each of n probes."""

    pool: Tensor
    """(K, D) vectors"""
    cosines: Tensor
    """(n, h)"""
    at: Tensor
    """(n, h) int64 places in the pool"""

    def split(self, lengths: list[int]) -> list["Finding"]:
        """Those of consecutive groups of probes."""
        parts = zip(self.cosines.split(lengths), self.at.split(lengths), strict=True)
        return [Finding(self.pool, *part) for part in parts]


class Hardest:
    """The `number` entries of a pool most similar to each of the `wanted` (B,) bool probes, found chunk by chunk."""

    def __init__(self, wanted: Tensor, number: int, like: Tensor):
        self.wanted = wanted
        self.logits = widened(like).new_full((len(wanted), number), -torch.inf)
        self.at = torch.zeros(len(wanted), number, dtype=torch.int64, device=like.device)

    def see(self, logits: Tensor, part: slice) -> None:
        """Take in the (B, n) logits of the pool's entries `part`."""
        rows = self._promising(logits)
        logits, at = logits[rows].topk(min(self.at.shape[1], logits.shape[1]), 1)
        logits = torch.cat([self.logits[rows], logits], 1)
        at = torch.cat([self.at[rows], at + part.start], 1)
        self.logits[rows], keep = logits.topk(self.at.shape[1], 1)
        self.at[rows] = at.gather(1, keep)

    def _promising(self, logits: Tensor) -> Tensor | slice:
        """The probes with a better entry here; all of them where the host would have to wait for the list."""
        if logits.device.type != "cpu":
            return slice(None)
        return (self.wanted & (logits.amax(1) > self.logits[:, -1])).nonzero().squeeze(1)

    def seeing(self, hide: Hide) -> Hide:
        """`hide`, and take in what it leaves."""

        def see(logits: Tensor, part: slice) -> None:
            hide(logits, part)
            self.see(logits, part)

        return see

    def found(self, pool: Tensor, scale: float) -> Finding:
        """What was found in `pool`, given the scale of the logits."""
        return Finding(pool, self.logits / (scale * LogSumExp.unit), self.at)


def pull(here: Finding, there: Finding) -> Tensor:
    """(n, D): the mean of each probe's h most similar vectors in two findings of h each, those at an obtuse angle left
    out. Its product with the probe is the mean over the h of max(cosine, 0), and it is that mean's gradient."""
    cosines = torch.cat([here.cosines, there.cosines], 1)
    number = here.at.shape[1]
    weights = torch.zeros_like(cosines).scatter_(1, cosines.topk(number, 1).indices, 1 / number)
    weights = weights.masked_fill_(cosines <= 0, 0).to(here.pool.dtype).split(number, 1)
    bags = (
        embedding_bag(found.at, found.pool, per_sample_weights=weight, mode="sum")
        for found, weight in zip((here, there), weights, strict=True)
    )
    return sum(bags)
