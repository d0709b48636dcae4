"""N-pair loss: the other classes of the batch are the negatives, both images carry a gradient.

Sohn 2016 (Improved Deep Metric Learning with Multi-class N-pair Loss, eq. 7): a softmax over one positive and the other
classes' positives. Departures from the paper: embeddings are unit vectors under a scale, as in the margin heads beside
it, instead of free vectors under an L2 penalty; either image of a pair is anchor once.
"""

import torch
from torch import Tensor

from heads import _base
from heads._base import Batch, Cost, Encoder, check_batch, margin_loss


class Head(_base.Head):
    """The other classes of the batch, no memory."""

    batches = "half pairs"
    accumulates = True

    def __init__(self, num_classes: int, embedding_dim: int, *, scale: float = 32.0):
        super().__init__()
        self.num_classes, self.dim, self.scale = num_classes, embedding_dim, scale

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        (x1, x2), (y, _) = batch  # two images of each class
        e1, e2 = encode(x1), encode(x2)  # (B, D) each
        check_batch(e1, y, self.num_classes, self.dim)
        logits = self.scale * e1 @ e2.T
        others = logits.masked_fill(y[:, None] == y, -torch.inf)
        cosine = (e1 * e2).sum(1)
        forth, back = (margin_loss(log_sum_exp(others, dim), cosine, self.scale) for dim in (1, 0))
        return (forth + back).mean() / 2

    def rows_in_loss(self) -> int:
        return 0

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, **options: object) -> Cost:
        return Cost(0, 8 * batch * dim, 6 * batch * batch * dim)


def log_sum_exp(logits: Tensor, dim: int) -> Tensor:
    """Log-sum-exp along `dim`, -inf with a zero gradient where every entry is -inf."""
    empty = (logits == -torch.inf).all(dim)
    return logits.masked_fill(empty.unsqueeze(dim), 0).logsumexp(dim).masked_fill(empty, -torch.inf)
