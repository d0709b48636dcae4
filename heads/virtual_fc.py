"""Virtual FC: far fewer anchors than classes, shared by groups of classes and regenerated from the batch.

Li et al. 2021 (Virtual Fully-connected Layer, CVPR): class c belongs to anchor c mod M, M = ratio * C. A class in the
batch takes over its group's anchor, which becomes an estimate of its centre from the batch's embeddings; if another
class of the batch has it already, it borrows an anchor that no class of the batch uses, for this step; if none is left,
it is ignored. The softmax with margin runs over the M anchors, which also learn by gradient.
The estimate is the mean of the class's embeddings (`estimate="sum"` is the official code's; as anchors are normalised
the two differ only in the anchor's length, that is in its learning rate). Departures from the code: classes without an
anchor are ignored as in the paper's figure instead of stopping the run, and an anchor's momentum is cleared when
another class takes it over.
"""

import torch
from torch import Tensor

from heads import _base
from heads._base import Batch, Cost, Encoder, check_batch, check_ratio, margin_loss
from heads._centres import Centres, Comparison
from heads._margin import Margin

NO_ANCHOR = -1


class Head(_base.Head):
    """Anchors that groups of classes share."""

    batches = "groups"

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: float = 0.01,
        margin: str = "arcface",
        m: float | list[float] = 0.5,
        scale: float = 32.0,
        estimate: str = "mean",
        centre_momentum: float = 0.9,
        weight_decay: float = 5e-4,
    ):
        super().__init__()
        if estimate not in ("mean", "sum"):
            raise ValueError(f"virtual_fc estimate '{estimate}' is not known: choose mean or sum")
        anchors = max(1, round(check_ratio(ratio) * num_classes))
        self.bank = Centres(anchors, embedding_dim, centre_momentum, weight_decay)
        self.register_buffer("holder", torch.full((anchors,), NO_ANCHOR))
        self.num_classes, self.estimate = num_classes, estimate
        self.margin, self.scale = Margin(margin, m), scale
        self.borrowed: tuple[Tensor, Tensor, Tensor, Tensor] | None = None

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        (x,), (y,) = batch
        e = encode(x)  # (B, D)
        check_batch(e, y, self.num_classes, self.bank.weight.shape[1])
        classes, inverse = y.unique(return_inverse=True)
        anchors = self.place(classes)
        self.regenerate(classes, anchors, inverse, e.detach())
        own = anchors[inverse]
        kept = own != NO_ANCHOR
        lse, cosine = self.bank.compare(e[kept], Comparison(None, own[kept], self.scale, self.lr))
        return margin_loss(lse, self.margin(cosine, self.ramp), self.scale).mean()

    def place(self, classes: Tensor) -> Tensor:
        """(m,) anchor of each of the batch's `classes` (m,), ascending: its group's, a borrowed one, or NO_ANCHOR."""
        group = classes % len(self.holder)
        order = group.argsort(stable=True)
        first = torch.ones_like(group, dtype=torch.bool)
        first[order[1:]] = group[order[1:]] != group[order[:-1]]
        used = torch.zeros_like(self.holder, dtype=torch.bool)
        used[group] = True
        spare, homeless = (~used).nonzero().squeeze(1), (~first).nonzero().squeeze(1)
        anchors = group.masked_fill(~first, NO_ANCHOR)
        lent = spare[: len(homeless)]
        anchors[homeless[: len(lent)]] = lent
        self.borrowed = (lent, self.bank.weight[lent], self.bank.velocity[lent], self.holder[lent])
        return anchors

    @torch.no_grad()
    def regenerate(self, classes: Tensor, anchors: Tensor, inverse: Tensor, e: Tensor) -> None:
        """Overwrite each placed class's anchor with the estimate of its centre from its embeddings (B, D)."""
        total = torch.zeros(len(classes), e.shape[1], dtype=e.dtype, device=e.device).index_add_(0, inverse, e)
        if self.estimate == "mean":
            total /= inverse.bincount(minlength=len(classes))[:, None]
        placed = anchors != NO_ANCHOR
        at = anchors[placed]
        self.bank.velocity[at[self.holder[at] != classes[placed]]] = 0
        self.bank.weight[at] = total[placed].to(self.bank.weight.dtype)
        self.holder[at] = classes[placed]

    def commit(self) -> None:
        if self.borrowed is not None:
            rows, weight, velocity, holder = self.borrowed
            self.bank.weight[rows], self.bank.velocity[rows], self.holder[rows] = weight, velocity, holder
            self.borrowed = None

    def rows_in_loss(self) -> int:
        return len(self.holder)

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, ratio: float = 0.01, **options: object) -> Cost:
        anchors = max(1, round(ratio * classes))
        return Cost(anchors * (8 * dim + 8), 20 * anchors * dim, 8 * batch * anchors * dim)
