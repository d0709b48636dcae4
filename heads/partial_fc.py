"""Partial FC: margin softmax over the batch's own classes and a uniform sample of the others.

An et al. 2020 (arXiv 2010.05222) and 2022 (arXiv 2203.15565): a step keeps all positives of the batch, fills up with
random negative classes to ratio * C ("positive plus randomly negative"), and only those centres take part and move,
with no correction for the sampling. If the batch has more classes than that, the sample is the positives alone.
Departure from the official code since July 2022: there a dense gradient lets momentum and weight decay move the
centres that were not sampled; here, as the papers say, they rest. `update="dense"` is the code's way, in closed form.
"""

import torch
from torch import Tensor

from heads import _base
from heads._base import Batch, Cost, Encoder, check_batch, check_ratio, margin_loss
from heads._centres import Centres, Comparison
from heads._margin import Margin


class Head(_base.Head):
    """The batch's classes and a random sample of the others."""

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: float = 0.1,
        margin: str = "cosface",
        m: float | list[float] = 0.4,
        scale: float = 64.0,
        centre_momentum: float | list[float] = 0.9,
        weight_decay: float = 5e-4,
        update: str = "sampled",
    ):
        super().__init__()
        if update not in ("sampled", "dense"):
            raise ValueError(f"update '{update}' is not known: choose sampled (the papers) or dense (today's code)")
        self.bank = Centres(num_classes, embedding_dim, centre_momentum, weight_decay, update == "dense")
        self.sample_size = max(1, int(check_ratio(ratio) * num_classes))
        self.margin, self.scale = Margin(margin, m), scale

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        (x,), (y,) = batch
        e = encode(x)  # (B, D)
        check_batch(e, y, *self.bank.weight.shape)
        rows = self.sample(y)  # sorted, distinct
        step = Comparison(rows, torch.searchsorted(rows, y), self.scale, self.lr)
        lse, cosine = self.bank.compare(e, step)
        return margin_loss(lse, self.margin(cosine, self.ramp), self.scale).mean()

    def sample(self, labels: Tensor) -> Tensor:
        """Sorted distinct classes: those of `labels` (B,), filled up uniformly at random to the sample's size.

        Distinct uniform draws are a uniform random set, so drawing until there are enough and dropping the surplus at
        random costs O(sample) and never touches all C classes.
        """
        positives = rows = labels.unique()
        classes = len(self.bank.weight)
        while (missing := self.sample_size - len(rows)) > 0:
            draws = torch.randint(classes, (2 * missing + 16,), device=labels.device)
            rows = torch.cat([rows, draws]).unique()
        others = rows[~torch.isin(rows, positives)]
        kept = torch.randperm(len(others), device=labels.device)[: max(0, self.sample_size - len(positives))]
        return torch.cat([positives, others[kept]]).sort().values

    def centres(self) -> Tensor:
        return self.bank.current()

    def rows_in_loss(self) -> int:
        return self.sample_size

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, ratio: float = 0.1, **options: object) -> Cost:
        rows = max(batch, int(ratio * classes))
        return Cost(8 * classes * dim, 20 * rows * dim, 8 * batch * rows * dim)
