"""A queue of class vectors that forgets the oldest."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from heads.kit.store import EMPTY, Store


class Ring(Store):
    """First in, first out: (K, D) unit vectors and their (K,) labels; random directions until filled."""

    next: Tensor

    def __init__(self, size: int, dim: int):
        super().__init__()
        self.register_buffer("vectors", normalize(torch.randn(size, dim), dim=1))
        self.register_buffer("labels", torch.full((size,), EMPTY))
        self.register_buffer("next", torch.tensor(0))

    @torch.no_grad()
    def push(self, vectors: Tensor, labels: Tensor) -> None:
        """Overwrite the oldest entries with `vectors` (B, D) and `labels` (B,), wrapping around at the end."""
        size = len(self.labels)
        vectors, labels = vectors[-size:], labels[-size:]
        where = self.oldest(len(labels))
        self.vectors[where] = vectors.to(self.vectors.dtype)
        self.labels[where] = labels
        self.next.copy_((self.next + len(labels)) % size)

    def put(self, vectors: Tensor, labels: Tensor) -> None:
        """Push: see Store."""
        self.push(vectors, labels)

    def oldest(self, number: int) -> Tensor:
        """(min(number, K),) int64 positions that the next push of `number` entries overwrites."""
        size = len(self.labels)
        return (self.next + torch.arange(min(number, size), device=self.labels.device)) % size
