"""Semi-Siamese training: a queue of prototypes, probe and gallery nets that learn from two images of each class.

Du et al. 2020 (Semi-Siamese Training for Shallow Face Learning, ECCV): the gallery net is a moving average of the
probe net. Each of the two images is probe once and gallery once; a probe's target is the other image's gallery
embedding, its negatives are the other classes of the batch and a queue of K = ratio * C earlier gallery embeddings.
It stands between DCQ (no negatives in the batch, one direction) and F2C (a pool with one slot a class).
After the code in FaceX-Zoo: the batch's embeddings take the place of the oldest queue entries before the comparison,
and one view's are then queued, drawn by lot. Departures from it: entries of a sample's own class are hidden, since
our loader may draw a class that is still queued; a margin may be used; the ring wraps at any size.
"""

from typing import Any

import torch
from torch import Tensor

from heads import kit


class Head(kit.Head):
    """A queue of prototypes, and the batch's own, from both images in turn."""

    batches = "half pairs"
    momentum = 0.999

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: kit.ShareAboveZero = 0.1,
        margin: str = "cosface",
        m: float | list[float] = 0.0,
        scale: kit.Positive = 30.0,
    ):
        super().__init__()
        self.queue = kit.Ring(kit.kept_classes(ratio, num_classes), embedding_dim)
        self.num_classes, self.margin, self.scale, self.dice = num_classes, kit.Margin(margin, m), scale, kit.Dice()
        self.pending: tuple[Tensor, Tensor] | None = None

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x1, x2), (y, _) = batch  # two images of each class
        p1, p2 = kit.widened(encode(x1)), kit.widened(encode(x2))  # probes (B, D)
        kit.check_pairs((p1, p2), batch.labels, self.num_classes, self.queue.vectors.shape[1])
        labels = kit.ranks.gather(y)
        g1, g2 = (kit.ranks.gather(encode.momentum(x)) for x in (x1, x2))  # prototypes of all ranks (N, D), no gradient
        lot = torch.rand(1, generator=self.dice.throw(y.device), device=y.device)
        self.pending = (torch.where(lot < 0.5, g1, g2), labels)
        return (self.loss(p1, g2, y, labels) + self.loss(p2, g1, y, labels)) / 2

    def loss(self, probes: Tensor, prototypes: Tensor, y: Tensor, labels: Tensor) -> Tensor:
        """Margin softmax of `probes` over the batch's `prototypes` and the queue without its oldest entries."""
        oldest = kit.mask(self.queue.oldest(len(labels)), len(self.queue.labels))
        hide = kit.hide_also(kit.hide_labels(y, self.queue.labels), [oldest], [len(y)])
        queued = kit.negative_lse(probes, self.queue.vectors, hide, self.scale)
        batch = kit.negative_lse(probes, prototypes, kit.hide_labels(y, labels), self.scale)
        cosine = self.margin((probes * kit.ranks.own_part(prototypes, len(y))).sum(1), self.ramp)
        return kit.ranks.mean(kit.margin_loss(kit.both_lse(queued, batch), cosine, self.scale))

    def commit(self) -> None:
        if self.pending is not None:
            self.queue.push(*self.pending)
            self.pending = None

    def rows_in_loss(self) -> int:
        return len(self.queue.labels)

    @classmethod
    def cost(
        cls, batch: int, classes: int, dim: int, place: kit.Place = kit.ALONE, ratio: float = 0.1, **options: Any
    ) -> kit.Cost:
        slots, wire = kit.kept_classes(ratio, classes), kit.wire
        images, rows = place.share(batch), place.share(batch // 2)
        logits = kit.logits_bytes(rows, slots, place=place)
        looking, backward = logits + 19 * batch * dim + 5 * slots, 25 * batch * dim
        hiding = looking + logits // 4 if place.apart else 18 * slots + 15 * batch * dim
        sent = wire.add_up(
            wire.gathering(rows, wire.SIZE),
            *[wire.gathering(rows, 4 * dim), wire.finding_own_part(), wire.averaging()] * 2,
        )
        state, working = slots * (4 * dim + 8), max(looking, backward, hiding)
        parts = kit.Parts(pool=state, logits=logits)
        return kit.Cost(state, 4 * slots * dim, 4 * images * slots * dim, working, batch, parts, sent)
