"""Full FC: margin softmax over every class centre, the reference that the other heads approximate.

Deng et al. 2019 (ArcFace, eq. 3) and Wang et al. 2018 (CosFace, eq. 4): both the embedding and the centre are unit
vectors, the target's cosine carries a margin, and the softmax runs over all C classes. All rows of the (C, D) weight
move at every step. Departure from common code: neither the (B, C) logits nor a (C, D) gradient are materialised, and
`arcface` has its true gradient (`arcface_straight_through` is today's insightface). Several processes share the
classes: each holds C / W centres and compares them with the whole batch.
"""

from typing import Any

from torch import Tensor

from heads import kit


class Head(kit.Head):
    """Every class centre, every step."""

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        margin: str = "cosface",
        m: float | list[float] = 0.4,
        scale: kit.Positive = 64.0,
        centre_momentum: kit.ShareBelowOne = 0.9,
        weight_decay: kit.NotNegative = 5e-4,
    ):
        super().__init__()
        self.bank = kit.Centres(num_classes, embedding_dim, centre_momentum, weight_decay)
        self.margin, self.scale = kit.Margin(margin, m), scale

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        e = encode(x)  # (B, D)
        kit.check_batch(e, y, self.bank.num_classes, self.bank.dim)
        e, y = kit.ranks.gather_embeddings(e), kit.ranks.gather(y)  # of all ranks
        lse, cosine = self.bank.compare(e, y, self.scale, self.lr)
        return kit.margin_loss(lse, self.margin(cosine, self.ramp), self.scale).mean()

    def centres(self) -> Tensor:
        return self.bank.current()

    def rows_in_loss(self) -> int:
        return self.bank.num_classes

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, place: kit.Place = kit.ALONE, **options: Any) -> kit.Cost:
        return kit.comparing(batch, classes, dim, place=place)
