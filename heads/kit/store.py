"""What every store of generated class vectors has: labels, a count of its empty entries, and a way to be filled.

A head may bring a store of its own: subclass Store and a cost measurement fills it, as a long run would, before timing.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

EMPTY = -1
"""label of an entry that holds no class yet"""
BLOCK = 8192
"""class vectors that are made at a time while a store is filled"""


class Store(nn.Module):
    """(…, K, D) unit vectors of classes and their (K,) int64 labels, EMPTY where there is none yet."""

    vectors: Tensor
    labels: Tensor

    def put(self, vectors: Tensor, labels: Tensor) -> None:
        """Take in `vectors` (n, D) of classes `labels` (n,) as a training step would."""
        raise NotImplementedError

    def empty(self) -> int:
        """How many entries hold no class yet."""
        return int((self.labels == EMPTY).sum())

    @torch.no_grad()
    def fill(self, classes: int) -> None:
        """Fill all K entries with random unit vectors of classes spread evenly over 0..classes-1.

        By training steps this would take O(K^2) work.
        """
        size, dim, device = len(self.labels), self.vectors.shape[-1], self.labels.device
        for start in range(0, size, BLOCK):
            number = torch.arange(start, min(start + BLOCK, size), device=device)
            self.put(normalize(torch.randn(len(number), dim, device=device), dim=1), number * classes // size)
