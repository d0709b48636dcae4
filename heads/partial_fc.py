"""Partial FC: margin softmax over the batch's own classes and a uniform sample of the others.

An et al. 2020 (arXiv 2010.05222) and 2022 (arXiv 2203.15565): a step keeps all positives of the batch, fills up with
random negative classes to ratio * C ("positive plus randomly negative"), and only those centres take part and move,
with no correction for the sampling. If the batch has more classes than that, the sample is the positives alone.
Departure from the official code since July 2022: there a dense gradient lets momentum and weight decay move the
centres that were not sampled; here, as the papers say, they rest. `update="dense"` is the code's way, in closed form.
The code also draws a sample of its own for each process's share of the classes; here one sample is drawn from all.
"""

from typing import Any, Literal

from torch import Tensor

from heads import kit


class Head(kit.Head):
    """The batch's classes and a random sample of the others."""

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: kit.ShareAboveZero = 0.1,
        margin: str = "cosface",
        m: float | list[float] = 0.4,
        scale: kit.Positive = 64.0,
        centre_momentum: kit.ShareBelowOne = 0.9,
        weight_decay: kit.NotNegative = 5e-4,
        update: Literal["sampled", "dense"] = "sampled",
    ):
        super().__init__()
        if update not in ("sampled", "dense"):
            raise ValueError(f"update '{update}' is not known: choose sampled (the papers) or dense (today's code)")
        self.bank = kit.Centres(num_classes, embedding_dim, centre_momentum, weight_decay, update == "dense")
        self.sample_size = self.compared = kit.kept_classes(ratio, num_classes)
        self.margin, self.scale, self.dice = kit.Margin(margin, m), scale, kit.Dice()

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        e = encode(x)  # (B, D)
        kit.check_batch(e, y, self.bank.num_classes, self.bank.dim)
        e, y = kit.ranks.gather_embeddings(e), kit.ranks.gather(y)  # of all ranks
        lse, cosine = self.bank.compare(e, y, self.scale, self.lr, self.sample(y))
        return kit.margin_loss(lse, self.margin(cosine, self.ramp), self.scale).mean()

    def sample(self, labels: Tensor) -> Tensor:
        """Sorted distinct classes of this step, the same on all ranks, given the `labels` (N,) of all."""
        rows = kit.sample_classes(labels, self.bank.num_classes, self.sample_size, self.dice.throw(labels.device))
        self.compared = len(rows)
        return rows

    def centres(self) -> Tensor:
        return self.bank.current()

    def rows_in_loss(self) -> int:
        return self.compared

    @classmethod
    def cost(
        cls,
        batch: int,
        classes: int,
        dim: int,
        place: kit.Place = kit.ALONE,
        ratio: float = 0.1,
        update: str = "sampled",
        **options: Any,
    ) -> kit.Cost:
        cost = kit.comparing(batch, classes, dim, kit.largest_sample(batch, classes, ratio), place)
        idle = kit.idle_bytes(place.share(classes)) if update == "dense" else 0
        return cost._replace(state_bytes=cost.state_bytes + idle)
