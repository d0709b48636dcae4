"""The F2C reference: a class pool kept by Python dictionaries, as in the official FFC code.

Two departures from it, both as in our head, so that the losses can be compared: it runs in the precision it is given
(in float32 the first view of the pool must then be a copy), and a class of the batch never evicts another of it.
"""

from collections import OrderedDict

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

from heads.kit.interface import Batch, Encoder
from tests.benchmarks.references import penalised

Written = tuple[Tensor, Tensor, Tensor]
"""(n,) which of a slot's two rows, (n,) slot, (n, D) what it held before"""


class Books:
    """Which class holds which of K slots, the least recently used first, and which row of a slot is next."""

    def __init__(self, slots: int):
        self.slot: OrderedDict[int, int] = OrderedDict()
        self.next_row = [0] * slots
        self.free = list(reversed(range(slots)))

    def copy(self) -> "Books":
        other = Books(0)
        other.slot, other.next_row, other.free = self.slot.copy(), self.next_row.copy(), self.free.copy()
        return other

    def fill(self, classes: int) -> None:
        """All slots taken, one key each, by classes spread evenly: as workflow.measuring.filling does."""
        slots = len(self.next_row)
        self.slot = OrderedDict((slot * classes // slots, slot) for slot in range(slots))
        self.next_row, self.free = [1] * slots, []

    def admit(self, labels: list[int]) -> tuple[dict[tuple[int, int], int], list[int]]:
        """Note the classes of one batch. Returns {(row, slot): number of the key that ends up there} and the slots
        that then hold two keys of their class."""
        places, again, batch = {}, set(), set(labels)
        for number, label in enumerate(labels):
            slot = self.slot.get(label)
            if slot is None:
                slot = self.slot[label] = self._take(batch)
                self.next_row[slot] = 0
            else:
                again.add(slot)
                self.slot.move_to_end(label)
            row = self.next_row[slot]
            places[row, slot] = number
            self.next_row[slot] = 1 - row
        return places, list(again)

    def _take(self, batch: set[int]) -> int:
        """A free slot, or that of the class used longest ago which is not in the `batch`."""
        if self.free:
            return self.free.pop()
        return self.slot.pop(next(label for label in self.slot if label not in batch))


class PoolSoftmax:
    """F2C's official code: a full pass for each direction, the first rolled back, two views of all logits in each."""

    def __init__(self, vectors: Tensor, m: float = 0.4, scale: float = 32.0):
        self.vectors, self.m, self.scale = vectors, m, scale  # (2, K, D)
        slots = vectors.shape[1]
        self.books = Books(slots)
        self.hardest = min(max(int(2e-4 * slots), 3), 10, slots)

    def step(self, encode: Encoder, batch: Batch) -> Tensor:
        (x, y), (lx, ly) = batch
        books = self.books.copy()
        first, written = self.one_way(encode(x), lx, encode.momentum(y), ly)
        self.books = books
        self.roll_back(written)
        second, _ = self.one_way(encode(y), ly, encode.momentum(x), lx)
        loss = first + second
        loss.backward()
        return loss.detach()

    def one_way(self, probes: Tensor, labels: Tensor, keys: Tensor, key_labels: Tensor) -> tuple[Tensor, Written]:
        """The loss of `probes` (B, D) once `keys` (N, D) are in the pool, summed over both views."""
        places, again = self.books.admit(key_labels.tolist())
        written = self.write(places, keys)
        slots = torch.tensor([self.books.slot.get(label, -1) for label in labels.tolist()])
        views = self.vectors[0].clone(), self.mixed(again)
        return sum(self.view_loss(probes, slots, view) for view in views), written

    def write(self, places: dict[tuple[int, int], int], keys: Tensor) -> Written:
        rows, slots = torch.tensor(list(places)).T
        before = self.vectors[rows, slots]
        self.vectors[rows, slots] = keys[list(places.values())]
        return rows, slots, before

    def roll_back(self, written: Written) -> None:
        rows, slots, before = written
        self.vectors[rows, slots] = before

    def mixed(self, again: list[int]) -> Tensor:
        """(K, D) second view: the second row of the slots met again, the first of all others."""
        second = torch.zeros(self.vectors.shape[1], 1, dtype=self.vectors.dtype)
        second[again] = 1
        return second * self.vectors[1] + (1 - second) * self.vectors[0]

    def view_loss(self, probes: Tensor, slots: Tensor, view: Tensor) -> Tensor:
        """Margin softmax of the probes whose class has a slot; the others' mean cosine to their hardest entries."""
        cosine, held = linear(probes, view), slots >= 0  # (B, K), (B,)
        loss = probes.new_zeros(())
        if held.any():
            loss = loss + cross_entropy(penalised(cosine[held], slots[held], self.m, self.scale), slots[held])
        if not held.all():
            others = cosine[~held]
            hardest = others.argsort(1, descending=True)[:, : self.hardest]
            loss = loss + others.gather(1, hardest).clamp_min(0).mean()
        return loss

    def state(self) -> list[Tensor]:
        return [self.vectors]
