"""N-pair loss: the other classes of the batch are the negatives, both images carry a gradient.

Sohn 2016 (Improved Deep Metric Learning with Multi-class N-pair Loss, eq. 7): a softmax over one positive and the other
classes' positives. Departures from the paper: embeddings are unit vectors under a scale, as in the margin
heads, instead of free vectors under an L2 penalty; either image of a pair is anchor once.
"""

from typing import Any

import torch
from torch import Tensor

from heads import kit


class Head(kit.Head):
    """The other classes of the batch, no memory."""

    batches = "half pairs"
    accumulates = True

    def __init__(self, num_classes: int, embedding_dim: int, *, scale: kit.Positive = 32.0):
        super().__init__()
        self.num_classes, self.dim, self.scale = num_classes, embedding_dim, scale

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x1, x2), (y, _) = batch  # two images of each class
        e1, e2 = kit.widened(encode(x1)), kit.widened(encode(x2))  # (B, D) each
        kit.check_pairs((e1, e2), batch.labels, self.num_classes, self.dim)
        cosine, same = (e1 * e2).sum(1), y[:, None] == kit.ranks.gather(y)
        forth, back = (self.loss(a, kit.ranks.gather_embeddings(b), same, cosine) for a, b in ((e1, e2), (e2, e1)))
        return kit.ranks.mean(forth + back) / 2

    def loss(self, anchors: Tensor, positives: Tensor, same: Tensor, cosine: Tensor) -> Tensor:
        """(B,) softmax of each of this rank's anchors over the positives of all ranks' other classes."""
        others = (self.scale * anchors @ positives.T).masked_fill(same, -torch.inf)
        return kit.margin_loss(log_sum_exp(others), cosine, self.scale)

    def rows_in_loss(self) -> int:
        return 0

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, place: kit.Place = kit.ALONE, **options: Any) -> kit.Cost:
        images, rows, wire = place.share(batch), place.share(batch // 2), kit.wire
        sent = wire.add_up(
            wire.gathering(rows, wire.SIZE), wire.gathering_embeddings(rows, dim).times(2), wire.averaging()
        )
        working = max(16 * images * batch // 3 + 8 * batch * dim, 14 * batch * dim)
        parts = kit.Parts(logits=2 * images * batch)  # (B/2, B/2) each way
        return kit.Cost(0, 8 * images * dim, 6 * images * batch * dim, working, parts=parts, wire=sent)


def log_sum_exp(logits: Tensor) -> Tensor:
    """(B,) log-sum-exp of (B, N) logits, -inf with a zero gradient where every entry is -inf."""
    empty = (logits == -torch.inf).all(1)
    return logits.masked_fill(empty[:, None], 0).logsumexp(1).masked_fill(empty, -torch.inf)
