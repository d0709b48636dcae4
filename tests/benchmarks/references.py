"""Heads in plain torch, as one would write them without thinking of memory traffic: what ours are compared with.

All have `step(encode, batch)`, one whole training step of the head that returns its loss, and `state()`, what is kept
between steps. Each follows published arithmetic; the tests show that every one computes what our head computes.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, normalize

from heads.kit.interface import Batch, Encoder


def penalised(cosine: Tensor, targets: Tensor, m: float, scale: float) -> Tensor:
    """CosFace logits (B, n) in the place of the cosines: `m` less at each sample's target (B,), then times `scale`."""
    places = torch.arange(len(targets), device=targets.device)
    cosine[places, targets] -= m
    return cosine.mul_(scale)


class FullSoftmax:
    """Margin softmax over all centres by autograd and torch.optim.SGD, the margin applied by a one-hot matrix as most
    public margin heads do it; about a sixth of the step is that matrix."""

    def __init__(self, weight: Tensor, lr: float = 0.1, m: float = 0.4, scale: float = 64.0):
        self.weight = nn.Parameter(weight)  # (C, D)
        self.optimiser = torch.optim.SGD([self.weight], lr, momentum=0.9, weight_decay=5e-4)
        self.m, self.scale = m, scale

    def step(self, encode: Encoder, batch: Batch) -> Tensor:
        (x,), (y,) = batch
        self.optimiser.zero_grad()
        loss = self.loss(encode(x), y)
        loss.backward()
        self.optimiser.step()
        return loss.detach()

    def loss(self, e: Tensor, y: Tensor) -> Tensor:
        cosine = linear(e, normalize(self.weight))  # (B, C)
        one_hot = torch.zeros_like(cosine).scatter_(1, y[:, None], 1.0)
        return cross_entropy(self.scale * (cosine - self.m * one_hot), y)

    def state(self) -> list[Tensor]:
        momenta = [entry["momentum_buffer"] for entry in self.optimiser.state.values()]
        return [self.weight.data, *momenta]


class SampledSoftmax(FullSoftmax):
    """insightface's PartialFC_V2: the centres are sampled, but gradient, weight decay and momentum run over all."""

    def __init__(self, weight: Tensor, ratio: float, **options: float):
        super().__init__(weight, **options)
        self.number = int(ratio * len(weight))

    def sample(self, y: Tensor) -> Tensor:
        """Sorted classes: those of `y` (B,) score highest, the others at random."""
        positive = y.unique()
        if len(positive) >= self.number:
            return positive
        score = torch.rand(len(self.weight))
        score[positive] = 2.0
        return score.topk(self.number).indices.sort().values

    def loss(self, e: Tensor, y: Tensor) -> Tensor:
        rows = self.sample(y)
        y = torch.searchsorted(rows, y)
        cosine = linear(e, normalize(self.weight[rows]))  # (B, n)
        return cross_entropy(penalised(cosine, y, self.m, self.scale), y)


class QueueSoftmax:
    """DCQ's official code, from Paddle: a copy of the queue, labels and masks as floating point, one concatenation."""

    def __init__(self, vectors: Tensor, labels: Tensor, m: float = 0.3, scale: float = 50.0):
        self.vectors = vectors  # (K, D)
        self.labels = labels.to(vectors.dtype)  # (K,)
        self.next, self.m, self.scale = 0, m, scale

    def step(self, encode: Encoder, batch: Batch) -> Tensor:
        (x, other), (y, _) = batch
        q, k = encode(x), encode.momentum(other)  # (B, D)
        positive = (q * k).sum(1, keepdim=True) - self.m
        negative = linear(q, self.vectors.clone())  # (B, K)
        same = (y.to(q.dtype)[:, None] == self.labels[None]).to(q.dtype)
        negative = negative * (1 - same) - 1e9 * same
        logits = torch.cat([positive, negative], 1) * self.scale
        loss = cross_entropy(logits, torch.zeros_like(y))
        loss.backward()
        self.push(k, y)
        return loss.detach()

    def push(self, keys: Tensor, labels: Tensor) -> None:
        """Overwrite the oldest entries; as in MoCo, the queue is a whole number of batches."""
        if len(self.labels) % len(labels):
            raise ValueError(f"a queue of {len(self.labels)} entries is not a whole number of batches of {len(labels)}")
        part = slice(self.next, self.next + len(labels))
        self.vectors[part], self.labels[part] = keys, labels.to(self.labels.dtype)
        self.next = part.stop % len(self.labels)

    def state(self) -> list[Tensor]:
        return [self.vectors, self.labels]
