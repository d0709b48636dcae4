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


class PoolByHand:
    """F2C's pool with a dict per class and a list in order of use: {class: [row 0, row 1, next row]}."""

    def __init__(self, vectors: Tensor):
        self.vectors = vectors.clone()  # (2, K, D)
        self.slot: dict[int, int] = {}  # least recently used first
        self.turn = [0] * vectors.shape[1]
        self.free = list(range(vectors.shape[1]))

    def copy(self) -> "PoolByHand":
        other = PoolByHand(self.vectors)
        other.slot, other.turn, other.free = dict(self.slot), list(self.turn), list(self.free)
        return other

    def admit(self, keys: Tensor, labels: Tensor) -> set[int]:
        """Admit one batch; returns the slots that were written twice or met again."""
        again, batch = set(), labels.tolist()
        for key, label in zip(keys, batch, strict=True):
            if label not in self.slot:
                if self.free:
                    slot = self.free.pop(0)
                else:
                    victim = next(old for old in self.slot if old not in batch)
                    slot = self.slot.pop(victim)
                self.turn[slot] = 0
            else:
                slot = self.slot.pop(label)
                again.add(slot)
            self.slot[label] = slot
            self.vectors[self.turn[slot], slot] = key
            self.turn[slot] = 1 - self.turn[slot]
        return again

    def loss(self, probes: Tensor, labels: Tensor, again: set[int], m: float, scale: float, hardest: int) -> Tensor:
        """Both views' softmax and outlier terms, summed."""
        second = self.vectors[0].clone()
        for slot in again:
            second[slot] = self.vectors[1, slot]
        total = probes.new_zeros(())
        held = torch.tensor([label in self.slot for label in labels.tolist()])
        for view in (self.vectors[0], second):
            if held.any():
                slots = torch.tensor([self.slot[label] for label in labels[held].tolist()])
                cosine = probes[held] @ view.T
                one_hot = torch.zeros_like(cosine).scatter_(1, slots[:, None], 1.0)
                total = total + cross_entropy(scale * (cosine - m * one_hot), slots)
            if (~held).any():
                top = (probes[~held] @ view.T).topk(hardest, dim=1).values
                total = total + top.clamp_min(0).mean()
        return total
