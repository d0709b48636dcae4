"""Semi-Siamese training: a queue of prototypes, probe and gallery nets that learn from two images of each class.

Du et al. 2020 (Semi-Siamese Training for Shallow Face Learning, ECCV): the gallery net is a moving average of the
probe net. Each of the two images is probe once and gallery once; a probe's target is the other image's gallery
embedding, its negatives are the other classes of the batch and a queue of K = ratio * C earlier gallery embeddings.
It stands between DCQ (no negatives in the batch, one direction) and F2C (a pool with one slot a class).
After the code in FaceX-Zoo: the batch's embeddings take the place of the oldest queue entries before the comparison,
and one view's are then queued, drawn by lot. Departures from it: entries of a sample's own class are hidden, since
our loader may draw a class that is still queued; a margin may be used; the ring wraps at any size.
"""

import torch
from torch import Tensor

from heads.kit import interface, ranks
from heads.kit.checks import check_pairs, check_ratio
from heads.kit.class_pool import Ring
from heads.kit.dice import Dice
from heads.kit.interface import Batch, Cost, Encoder
from heads.kit.lse import both_lse, hide_also, hide_labels, mask, negative_lse, widened, working_bytes
from heads.kit.margins import Margin, margin_loss


class Head(interface.Head):
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
        self.num_classes, self.margin, self.scale, self.dice = num_classes, Margin(margin, m), scale, Dice()
        self.pending: tuple[Tensor, Tensor] | None = None

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        (x1, x2), (y, _) = batch  # two images of each class
        p1, p2 = widened(encode(x1)), widened(encode(x2))  # probes (B, D)
        check_pairs((p1, p2), batch.labels, self.num_classes, self.queue.vectors.shape[1])
        labels = ranks.gather(y)
        g1, g2 = (ranks.gather(encode.momentum(x)) for x in (x1, x2))  # prototypes of all ranks (N, D), no gradient
        lot = torch.rand(1, generator=self.dice.throw(y.device), device=y.device)
        self.pending = (torch.where(lot < 0.5, g1, g2), labels)
        return (self.loss(p1, g2, y, labels) + self.loss(p2, g1, y, labels)) / 2

    def loss(self, probes: Tensor, prototypes: Tensor, y: Tensor, labels: Tensor) -> Tensor:
        """Margin softmax of `probes` over the batch's `prototypes` and the queue without its oldest entries."""
        oldest = mask(self.queue.oldest(len(labels)), len(self.queue.labels))
        hide = hide_also(hide_labels(y, self.queue.labels), [oldest], [len(y)])
        queued = negative_lse(probes, self.queue.vectors, hide, self.scale)
        beside = negative_lse(probes, prototypes, hide_labels(y, labels), self.scale)
        cosine = self.margin((probes * ranks.own_part(prototypes, len(y))).sum(1), self.ramp)
        return ranks.mean(margin_loss(both_lse(queued, beside), cosine, self.scale))

    def commit(self) -> None:
        if self.pending is not None:
            self.queue.push(*self.pending)
            self.pending = None

    def rows_in_loss(self) -> int:
        return len(self.queue.labels)

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, ratio: float = 0.1, **options: object) -> Cost:
        slots = max(1, round(ratio * classes))
        working = max(working_bytes(batch, slots, dim) + 5 * slots, 19 * slots + 8 * batch * dim)
        return Cost(slots * (4 * dim + 8), 4 * slots * dim, 4 * batch * slots * dim, working, batch)
