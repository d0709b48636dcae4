"""The margin softmax with every logit in memory, by torch's cross-entropy."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear, normalize

from heads import kit


def margin_cross_entropy(
    e: Tensor, weight: Tensor, targets: Tensor, margin: kit.Margin, scale: float, ramp: float
) -> Tensor:
    """Mean loss of unit embeddings `e` (B, D) against the rows of `weight` (n, D); `targets` (B,) are row numbers."""
    cosine = linear(e, normalize(weight))  # (B, n)
    places = torch.arange(len(targets), device=targets.device)
    own = margin(cosine[places, targets], ramp)
    return cross_entropy(scale * cosine.index_put((places, targets), own), targets)
