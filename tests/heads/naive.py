"""Slow twins: the papers' formulas in plain torch with every logit materialised. Nothing here is imported by heads."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def margin_softmax(e: Tensor, weight: Tensor, labels: Tensor, m: float, scale: float) -> Tensor:
    """CosFace over all rows of `weight`: cross-entropy of s * (cos - m at the target)."""
    cosine = e @ normalize(weight, dim=1).T
    one_hot = torch.zeros_like(cosine).scatter_(1, labels[:, None], 1.0)
    return cross_entropy(scale * (cosine - m * one_hot), labels)


def queue_softmax(q: Tensor, k: Tensor, y: Tensor, queue: Tensor, queued: Tensor, m: float, scale: float) -> Tensor:
    """DCQ: cross-entropy of [q.k - m, q.queue without entries of the own class], the target first."""
    negatives = (q @ queue.T).masked_fill(y[:, None] == queued[None], -torch.inf)
    logits = torch.cat([(q * k).sum(1, keepdim=True) - m, negatives], 1)
    return cross_entropy(scale * logits, torch.zeros_like(y))


def log_one_plus_exp(x: Tensor) -> Tensor:
    """torch's softplus returns x itself above 20, which is off by 2e-9."""
    return torch.logaddexp(x, torch.zeros_like(x))


def uniface(
    e: Tensor,
    weight: Tensor,
    bias: Tensor,
    labels: Tensor,
    rows: Tensor,
    m: float,
    scale: float,
    negatives_weight: float,
) -> Tensor:
    """UniFace over the classes `rows`: each a yes-or-no question about `bias`, the sample's own with a margin."""
    total = e.new_zeros(())
    for sample, label in zip(e, labels.tolist(), strict=True):
        for row in rows.tolist():
            cosine = sample @ weight[row] / weight[row].norm()
            own = log_one_plus_exp(bias - scale * (cosine - m))
            total = total + (own if row == label else negatives_weight * log_one_plus_exp(scale * cosine - bias))
    return total / len(e)


class PoolByHand:
    """F2C's pool with a dict in order of use, {class: slot}, and the number of keys each slot has had of its class."""

    def __init__(self, vectors: Tensor, average: bool = False, hides_empty: bool = False):
        self.average, self.hides_empty = average, hides_empty
        self.vectors = vectors.clone()  # (R, K, D)
        self.slot: dict[int, int] = {}  # least recently used first
        self.keys = [0] * vectors.shape[1]
        self.free = list(range(vectors.shape[1]))

    def copy(self) -> "PoolByHand":
        other = PoolByHand(self.vectors, self.average, self.hides_empty)
        other.slot, other.keys, other.free = dict(self.slot), list(self.keys), list(self.free)
        return other

    def admit(self, keys: Tensor, labels: Tensor) -> set[int]:
        """Admit one batch; returns the slots of its classes."""
        visited, batch, sums = set(), labels.tolist(), {}
        for key, label in zip(keys, batch, strict=True):
            if label not in self.slot:
                if self.free:
                    slot = self.free.pop(0)
                else:
                    victim = next(old for old in self.slot if old not in batch)
                    slot = self.slot.pop(victim)
                self.keys[slot] = 0
                sums[slot] = torch.zeros_like(key)
            else:
                slot = self.slot.pop(label)
                sums.setdefault(slot, self.vectors[0, slot].clone())
            self.slot[label] = slot
            visited.add(slot)
            sums[slot] = sums[slot] + key
            if not self.average:
                self.vectors[self.keys[slot] % len(self.vectors), slot] = key
            self.keys[slot] += 1
        if self.average:
            for slot, vector in sums.items():
                self.vectors[:, slot] = vector / vector.norm()
        return visited

    def loss(self, probes: Tensor, labels: Tensor, visited: set[int], m: float, scale: float, hardest: int) -> Tensor:
        """All views' softmax and outlier terms, summed. View number r takes row r of the slots that were just visited,
        where it holds a key of the class, and row 0 of all others."""
        total = probes.new_zeros(())
        held = torch.tensor([label in self.slot for label in labels.tolist()])
        empty = self.free if self.hides_empty else []
        for row in range(len(self.vectors)):
            view = self.vectors[0].clone()
            for slot in visited:
                if self.keys[slot] > row:
                    view[slot] = self.vectors[row, slot]
            if held.any():
                slots = torch.tensor([self.slot[label] for label in labels[held].tolist()])
                cosine = (probes[held] @ view.T).index_fill(1, torch.tensor(empty, dtype=torch.int64), -torch.inf)
                one_hot = torch.zeros_like(cosine).scatter_(1, slots[:, None], 1.0)
                total = total + cross_entropy(scale * (cosine - m * one_hot), slots)
            if (~held).any():
                kept = [slot for slot in range(view.shape[0]) if slot not in empty]
                top = (probes[~held] @ view[kept].T).topk(min(hardest, len(kept)), dim=1).values
                total = total + top.clamp_min(0).sum(1).mean() / hardest
        return total
