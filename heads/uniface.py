"""UniFace: one threshold for all classes, every class a yes-or-no question of its own.

Zhou et al. 2023 (UniFace: Unified Cross-Entropy Loss for Deep Face Recognition, ICCV): the loss of a sample is
softplus(b - s (cos_y - m)) + lambda * sum_{j != y} softplus(s cos_j - b), with a learned bias b, which starts at
log(10 * ratio * C), so that one threshold b / s separates every positive from every negative similarity. The others
are all classes, or the batch's own and a random sample up to ratio * C. No denominator ties the classes together.
Departures from the official code: softplus cannot overflow, so logits are not clamped to +-s; centres that were not
sampled rest; the gradients of backbone and head are clipped by the trainer, the backbone's alone (there both jointly);
one sample of negatives is drawn for all processes (there each draws from its own share); neither the (B, C) logits nor
a (C, D) gradient are materialised.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from heads import kit


class SumSoftplus:
    """sum_j softplus(logit_j - bias) of (B, n) logits that arrive chunk by chunk."""

    def __init__(self, embeddings: Tensor, bias: Tensor):
        self.parameter, self.sum = bias, kit.widened(embeddings).new_zeros(len(embeddings))
        self.slopes = torch.zeros_like(bias)

    def query(self, embeddings: Tensor, scale: float) -> Tensor:
        """Rows whose products with unit class vectors are the scaled cosines."""
        return embeddings * scale

    def add(self, logits: Tensor) -> None:
        self.sum.add_(softplus(logits.sub_(self.parameter.detach()), threshold=50).sum(1))

    def value(self) -> Tensor:
        return kit.ranks.total(self.sum)

    def slope(self, logits: Tensor, value: Tensor, gradient: Tensor, scale: float) -> Tensor:
        slope = logits.sub_(self.parameter.detach()).sigmoid_()
        self.slopes.add_(slope.sum(1) @ gradient)
        return slope.mul_((gradient * scale)[:, None])

    def parameter_gradient(self) -> Tensor:
        return -self.slopes


class Head(kit.Head):
    """Every class a yes-or-no question, with one threshold for all."""

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: kit.ShareAboveZero = 1.0,
        margin: str = "cosface",
        m: float | list[float] = 0.4,
        scale: kit.Positive = 64.0,
        negatives_weight: kit.NotNegative = 1.0,
        centre_momentum: kit.ShareBelowOne = 0.9,
        weight_decay: kit.NotNegative = 5e-4,
    ):
        super().__init__()
        self.bank = kit.Centres(num_classes, embedding_dim, centre_momentum, weight_decay)
        self.sample_size = self.compared = kit.kept_classes(ratio, num_classes)
        self.bias = nn.Parameter(torch.tensor(math.log(10 * self.sample_size)))
        self.margin, self.scale, self.weight, self.dice = kit.Margin(margin, m), scale, negatives_weight, kit.Dice()

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        e = encode(x)  # (B, D)
        kit.check_batch(e, y, self.bank.num_classes, self.bank.dim)
        e, y = kit.ranks.gather_embeddings(e), kit.ranks.gather(y)  # of all ranks
        rows = kit.sample_classes(y, self.bank.num_classes, self.sample_size, self.dice.throw(y.device))
        self.compared = len(rows)
        negatives, cosine = self.bank.compare(e, y, self.scale, self.lr, rows, SumSoftplus(e.detach(), self.bias))
        own = kit.margin_loss(kit.ranks.replicated(self.bias), self.margin(cosine, self.ramp), self.scale)
        return (own + self.weight * negatives).mean()

    def centres(self) -> Tensor:
        return self.bank.current()

    def rows_in_loss(self) -> int:
        return self.compared

    @classmethod
    def cost(
        cls, batch: int, classes: int, dim: int, place: kit.Place = kit.ALONE, ratio: float = 1.0, **options: Any
    ) -> kit.Cost:
        rows = kit.largest_sample(batch, classes, ratio)
        return kit.comparing(batch, classes, dim, rows, place, sums=kit.wire.totalling(batch))
