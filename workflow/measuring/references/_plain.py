"""What the plain references have alike: a dense weight, and a margin softmax with every logit in memory."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, normalize

from heads import kit


class Plain(kit.Head):
    """A (C, D) weight for torch's SGD, its margin, and the number of classes in a loss: all of them at ratio 1."""

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
        self.sample_size = kit.kept_classes(ratio, num_classes)
        self.margin, self.scale = kit.Margin(margin, m), scale

    def loss(self, e: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        """Mean loss, by torch's cross-entropy, of unit embeddings `e` (B, D) against the rows of `weight` (n, D);
        `targets` (B,) are row numbers."""
        cosine = linear(e, normalize(weight))  # (B, n)
        places = torch.arange(len(targets), device=targets.device)
        own = self.margin(cosine[places, targets], self.ramp)
        return cross_entropy(self.scale * cosine.index_put((places, targets), own), targets)

    def rows_in_loss(self) -> int:
        return self.sample_size
