"""Batch-hard triplet loss: no class vectors at all.

Hermans et al. 2017 (In Defense of the Triplet Loss, eq. 5): in a batch of P classes with K images each, every image is
compared with the least similar image of its class and the most similar image of another. On unit vectors the cosine
stands for the squared distance, |a - b|^2 = 2 - 2cos. Departure from the paper: similarities are cosines, so that the
gradient stays finite where two embeddings coincide.
"""

from typing import Any

import torch
from torch import Tensor

from heads import kit


class Head(kit.Head):
    """The hardest positive and the hardest negative of the batch."""

    batches = "groups"
    accumulates = True

    def __init__(self, num_classes: int, embedding_dim: int, *, gap: kit.NotNegative = 0.2):
        super().__init__()
        self.num_classes, self.dim, self.gap = num_classes, embedding_dim, gap

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        e = kit.widened(encode(x))  # (B, D)
        kit.check_batch(e, y, self.num_classes, self.dim)
        cosine, same = e @ kit.ranks.gather_embeddings(e).T, y[:, None] == kit.ranks.gather(y)
        positive = cosine.masked_fill(~same, torch.inf).amin(1)
        negative = cosine.masked_fill(same, -torch.inf).amax(1)  # -inf without another class: no loss
        return kit.ranks.mean((self.gap + negative - positive).clamp_min(0))

    def rows_in_loss(self) -> int:
        return 0

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, place: kit.Place = kit.ALONE, **options: Any) -> kit.Cost:
        rows, wire = place.share(batch), kit.wire
        sent = wire.add_up(wire.gathering_embeddings(rows, dim), wire.gathering(rows, wire.SIZE), wire.averaging())
        working = max(19 * rows * batch + 4 * batch * dim, 20 * batch * dim)
        parts = kit.Parts(logits=4 * rows * batch)
        return kit.Cost(0, 8 * rows * dim, 6 * rows * batch * dim, working, parts=parts, wire=sent)
