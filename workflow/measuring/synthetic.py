"""Random embeddings in place of a backbone: what a head is fed when it is measured alone."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize

from heads.kit import Batch, Encoder, kind_of

ROTATION = 8
"""different batches of embeddings: with one, caches would hold what in training they cannot"""
Draw = Callable[[int], Tensor]


class Counted(Encoder):
    """The encoder of a head measured alone; it counts what training would have to encode."""

    def __init__(self) -> None:
        super().__init__()
        self.images = self.twin_images = 0

    def features(self, x: Tensor) -> Tensor:
        self.images += len(x)
        return super().features(x)

    @torch.no_grad()
    def momentum(self, x: Tensor) -> Tensor:
        self.twin_images += len(x)
        return normalize(super().features(x), dim=1)


class Synthetic:
    """Batches of (n, D) float32 embeddings as leaf tensors: ROTATION of them in turn, with fresh labels at each step.

    Labels are drawn evenly from all classes, so every class is as likely to be met again as in a long flat epoch.
    """

    def __init__(self, batch: int, classes: int, dim: int, seed: int, device: torch.device):
        self.size, self.classes = batch, classes
        self.generator = torch.Generator(device).manual_seed(seed)
        self.store = torch.randn(ROTATION, 2, batch, dim, generator=self.generator, device=device) / dim**0.5

    def batch(self, kind: str, step: int) -> Batch:
        """The batch of `step` as the loader named `kind` would shape it; ValueError for a kind that is not known."""
        labels = labels_for(kind, self.size, self.draw)
        rows = self.store[step % ROTATION]
        views = tuple(rows[number, : len(y)].detach().requires_grad_() for number, y in enumerate(labels))
        return Batch(views, labels)

    def draw(self, number: int) -> Tensor:
        """`number` int64 labels, evenly from all classes."""
        return torch.randint(self.classes, (number,), generator=self.generator, device=self.generator.device)


def labels_for(name: str, batch: int, draw: Draw) -> tuple[Tensor, ...]:
    """Labels of each view of the kind of batch called `name`, shaped as the loader shapes them."""
    kind = kind_of(name)
    rows, paired = kind.rows(batch), kind.paired(batch)
    if kind.members > 1:
        return (draw(rows // kind.members).repeat_interleave(kind.members),)
    shared = [draw(paired)] if paired else []
    single = [[draw(rows - paired)] if paired < rows else [] for _ in range(kind.views)]
    return tuple(torch.cat([*shared, *own]) for own in single)
