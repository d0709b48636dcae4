"""Plain full FC: all (B, C) logits in memory, and a dense gradient of the (C, D) weight for torch's SGD."""

from typing import Any

from torch import Tensor

from heads import kit
from workflow.measuring.references._plain import Plain


class Head(Plain):
    """Margin softmax over every class centre by autograd."""

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        return self.loss(encode(x), self.weight, y)

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, **options: Any) -> kit.Cost:
        # three copies of the logits beside unit rows, or in backward and update five matrices as large as the weight
        working = 4 * classes * (max(dim + 3 * batch, 5 * dim) + 4) + 12 * batch * dim
        return kit.Cost(8 * classes * dim, 20 * classes * dim, 6 * batch * classes * dim, working)
