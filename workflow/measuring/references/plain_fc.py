"""Plain full FC: all (B, C) logits in memory, and a dense gradient of the (C, D) weight for torch's SGD."""

from typing import Any

import torch
from torch import Tensor, nn

from heads import kit
from workflow.measuring.references._softmax import margin_cross_entropy


class Head(kit.Head):
    """Margin softmax over every class centre by autograd."""

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: float = 1.0,
        margin: str = "cosface",
        m: float | list[float] = 0.4,
        scale: float = 64.0,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_classes, embedding_dim).normal_(std=0.01))
        self.margin, self.scale = kit.Margin(margin, m), scale

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        return margin_cross_entropy(encode(x), self.weight, y, self.margin, self.scale, self.ramp)

    def rows_in_loss(self) -> int:
        return len(self.weight)

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, **options: Any) -> kit.Cost:
        # three copies of the logits beside unit rows, or in backward and update five matrices as large as the weight
        working = 4 * classes * (max(dim + 3 * batch, 5 * dim) + 4) + 12 * batch * dim
        return kit.Cost(8 * classes * dim, 20 * classes * dim, 6 * batch * classes * dim, working)
