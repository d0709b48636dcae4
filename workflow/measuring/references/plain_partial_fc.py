"""Plain Partial FC: sampled rows copied into a weight of their own, but a dense gradient and update of all rows.

As in insightface's PartialFC_V2 since July 2022: every class draws a random number, the largest are the sample, and
gradient, weight decay and momentum run over the whole (C, D) weight whatever the ratio.
"""

from typing import Any

import torch
from torch import Tensor, nn

from heads import kit
from workflow.measuring.references._softmax import margin_cross_entropy


class Head(kit.Head):
    """Margin softmax over the batch's classes and a sample of the others, by autograd."""

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: float = 0.1,
        margin: str = "cosface",
        m: float | list[float] = 0.4,
        scale: float = 64.0,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_classes, embedding_dim).normal_(std=0.01))
        self.sample_size = kit.kept_classes(ratio, num_classes)
        self.margin, self.scale = kit.Margin(margin, m), scale

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        rows = self.sample(y)
        targets = torch.searchsorted(rows, y)
        return margin_cross_entropy(encode(x), self.weight[rows], targets, self.margin, self.scale, self.ramp)

    def sample(self, labels: Tensor) -> Tensor:
        """Sorted classes of this step: those of `labels` (B,), and others at random."""
        own = labels.unique()
        if len(own) >= self.sample_size:
            return own
        score = torch.rand(len(self.weight), device=labels.device)
        score[own] = 2.0
        return score.topk(self.sample_size).indices.sort().values

    def rows_in_loss(self) -> int:
        return self.sample_size

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, ratio: float = 0.1, **options: Any) -> kit.Cost:
        rows = kit.largest_sample(batch, classes, ratio)
        sampled = 4 * rows * max(2 * dim + 3 * batch, 6 * dim)  # as plain_fc, and the copy of the rows
        working = max(8 * classes * dim, sampled) + 16 * classes + 12 * batch * dim  # dense gradient, and its decay
        return kit.Cost(8 * classes * dim, 20 * classes * dim, 6 * batch * rows * dim, working)
