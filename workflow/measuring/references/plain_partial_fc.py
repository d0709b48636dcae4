"""Plain Partial FC: sampled rows copied into a weight of their own, but a dense gradient and update of all rows.

As in insightface's PartialFC_V2 since July 2022: every class draws a random number, the largest are the sample, and
gradient, weight decay and momentum run over the whole (C, D) weight whatever the ratio.
"""

from typing import Any

import torch
from torch import Tensor

from heads import kit
from workflow.measuring.references._plain import Plain


class Head(Plain):
    """Margin softmax over the batch's classes and a sample of the others, by autograd."""

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        rows = self.sample(y)
        targets = torch.searchsorted(rows, y)
        return self.loss(encode(x), self.weight[rows], targets)

    def sample(self, labels: Tensor) -> Tensor:
        """Sorted classes of this step: those of `labels` (B,), and others at random."""
        own = labels.unique()
        if len(own) >= self.sample_size:
            return own
        score = torch.rand(len(self.weight), device=labels.device)
        score[own] = 2.0
        return score.topk(self.sample_size).indices.sort().values

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, ratio: float = 1.0, **options: Any) -> kit.Cost:
        rows = kit.largest_sample(batch, classes, ratio)
        sampled = 4 * rows * max(2 * dim + 3 * batch, 6 * dim)  # as plain_fc, and the copy of the rows
        working = max(8 * classes * dim, sampled) + 16 * classes + 12 * batch * dim  # dense gradient, and its decay
        return kit.Cost(8 * classes * dim, 20 * classes * dim, 6 * batch * rows * dim, working)
