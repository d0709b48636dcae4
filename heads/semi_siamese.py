"""Semi-Siamese training: a queue of prototypes, probe and gallery nets that learn from two images of each class.

Du et al. 2020 (Semi-Siamese Training for Shallow Face Learning, ECCV): the gallery net is a moving average of the
probe net. Each of the two images is probe once and gallery once; a probe's target is the other image's gallery
embedding, its negatives are the other classes of the batch and a queue of K = ratio * C earlier gallery embeddings.
It stands between DCQ (no negatives in the batch, one direction) and F2C (a pool with one slot a class).
After the code in FaceX-Zoo: the batch's embeddings take the place of the oldest queue entries before the comparison,
and one of the two is then queued, drawn by lot. Departures from it: entries of a sample's own class are hidden, since
our loader may draw a class that is still queued; a margin may be used; the ring wraps at any size.
"""

import torch
from torch import Tensor

from heads import _base
from heads._base import Batch, Cost, Encoder, check_batch, check_ratio, margin_loss
from heads._lse import hide_also, hide_labels, negative_lse
from heads._margin import Margin
from heads._pool import Ring


class Head(_base.Head):
    """A queue of prototypes, and the batch's own, from both images in turn."""

    batches = "half pairs"
    momentum = 0.999

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: float = 0.1,
        margin: str = "cosface",
        m: float | list[float] = 0.0,
        scale: float = 30.0,
    ):
        super().__init__()
        self.queue = Ring(max(1, round(check_ratio(ratio) * num_classes)), embedding_dim)
        self.num_classes, self.margin, self.scale = num_classes, Margin(margin, m), scale
        self.pending: tuple[Tensor, Tensor] | None = None

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        (x1, x2), (y, _) = batch  # two images of each class
        p1, p2 = encode(x1), encode(x2)  # probes (B, D)
        check_batch(p1, y, self.num_classes, self.queue.vectors.shape[1])
        g1, g2 = encode.momentum(x1), encode.momentum(x2)  # prototypes (B, D), without gradient
        self.pending = (torch.where(torch.rand(len(y), 1, device=y.device) < 0.5, g1, g2), y)
        return (self.loss(p1, g2, y) + self.loss(p2, g1, y)) / 2

    def loss(self, probes: Tensor, prototypes: Tensor, y: Tensor) -> Tensor:
        """Margin softmax of `probes` over the batch's `prototypes` and the queue without its oldest entries."""
        hide = hide_also(hide_labels(y, self.queue.labels), self.queue.oldest(len(y)))
        queued = negative_lse(probes, self.queue.vectors, hide, self.scale)
        beside = negative_lse(probes, prototypes, hide_labels(y, y), self.scale)
        cosine = self.margin((probes * prototypes).sum(1), self.ramp)
        return margin_loss(torch.logaddexp(queued, beside), cosine, self.scale).mean()

    def commit(self) -> None:
        if self.pending is not None:
            self.queue.push(*self.pending)
            self.pending = None

    def rows_in_loss(self) -> int:
        return len(self.queue.labels)

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, ratio: float = 0.1, **options: object) -> Cost:
        slots = max(1, round(ratio * classes))
        return Cost(slots * (4 * dim + 8), 4 * slots * dim, 4 * batch * slots * dim)
