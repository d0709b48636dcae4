"""Virtual FC: far fewer anchors than classes, shared by groups of classes and regenerated from the batch.

Li et al. 2021 (Virtual Fully-connected Layer, CVPR): class c belongs to anchor c mod M, M = ratio * C. A class in the
batch takes over its group's anchor, which becomes an estimate of its centre from the batch's embeddings; if another
class of the batch has it already, it borrows an anchor that no class of the batch uses, for this step; if none is left,
it is ignored: there should be more anchors than classes in a batch (the code draws 70 classes of ten images for 1,000
anchors; `loader` says how many images of each are drawn here). The softmax with margin runs over the M anchors, which
also learn by gradient.
The estimate is the mean of the class's embeddings (`estimate="sum"` is the official code's; as anchors are normalised
the two differ only in the anchor's length, that is in its learning rate). Departures from the code: classes without an
anchor are ignored as in the paper's figure instead of stopping the run; an anchor's momentum is cleared when another
class takes it over, and a borrowed anchor gets its vector and its momentum back after the step; what is averaged or
summed are unit embeddings, in the code those before normalisation, with their lengths.
"""

from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from heads import kit

NO_ANCHOR = -1
LOADERS = [name for name, kind in kit.KINDS.items() if kind.members > 1]


class Loan(NamedTuple):
    """The anchors that a step has overwritten, and what `commit` gives back to those that were borrowed."""

    at: Tensor  # (B,) anchor of each class of the batch
    borrowed: Tensor  # (B, 1) bool: it is another group's
    weight: Tensor  # (B, D) before the step
    velocity: Tensor  # (B, D) before the step
    holder: Tensor  # (B,) class that held it


class Head(kit.Head):
    """Anchors that groups of classes share."""

    batches = "groups"
    holder: Tensor

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: kit.ShareAboveZero = 0.01,
        margin: str = "arcface",
        m: float | list[float] = 0.5,
        scale: kit.Positive = 32.0,
        loader: kit.KindName = "groups",
        estimate: Literal["mean", "sum"] = "mean",
        centre_momentum: kit.ShareBelowOne = 0.9,
        weight_decay: kit.NotNegative = 5e-4,
    ):
        super().__init__()
        self.batches = kit.check_option("virtual_fc loader", loader, *LOADERS)
        self.sums = kit.check_option("virtual_fc estimate", estimate, "mean", "sum") == "sum"
        anchors = kit.kept_classes(ratio, num_classes)
        self.bank = kit.Centres(anchors, embedding_dim, centre_momentum, weight_decay)
        self.register_buffer("holder", torch.full((anchors,), NO_ANCHOR))
        self.num_classes, self.margin, self.scale = num_classes, kit.Margin(margin, m), scale
        self.loan: Loan | None = None

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        e = kit.widened(encode(x))  # (B, D)
        kit.check_batch(e, y, self.num_classes, self.bank.dim)
        e, y = kit.ranks.gather_embeddings(e), kit.ranks.gather(y)  # of all ranks
        classes = kit.group(y)
        anchors, lent = self.place(classes)
        self.regenerate(classes, anchors, lent, e.detach())
        own = anchors[classes.of]
        lse, cosine = self.bank.compare(e, own, self.scale, self.lr)
        kept = (own != NO_ANCHOR).to(e.dtype)
        loss = kit.margin_loss(lse, self.margin(cosine, self.ramp), self.scale)
        return (loss * kept).sum() / kept.sum().clamp_min(1)

    def place(self, classes: kit.Groups) -> tuple[Tensor, Tensor]:
        """(B,) anchor of each of the batch's `classes`: its group's, a borrowed one, or NO_ANCHOR; whether borrowed."""
        groups = classes.labels % len(self.holder)
        order = groups.argsort(stable=True)
        first = torch.empty_like(groups, dtype=torch.bool).scatter_(0, order, kit.run_starts(groups[order]))
        homeless = ~first & (classes.pick == torch.arange(len(groups), device=groups.device))
        used = torch.zeros_like(self.holder).index_fill_(0, groups, 1)
        spare = used.argsort(stable=True)  # unused anchors first, in order
        turn = homeless.cumsum(0) - 1
        lent = homeless & (turn < (1 - used).sum())
        borrowed = torch.where(lent, spare[turn.clamp(0, len(spare) - 1)], NO_ANCHOR)
        return torch.where(first, groups, borrowed)[classes.pick], lent[classes.pick]

    @torch.no_grad()
    def regenerate(self, classes: kit.Groups, anchors: Tensor, lent: Tensor, e: Tensor) -> None:
        """Overwrite each placed class's anchor with the estimate of its centre from its embeddings (B, D)."""
        centre = torch.zeros_like(e).index_add_(0, classes.of, e)[classes.pick]
        if not self.sums:
            centre /= classes.size[:, None]
        source = torch.where(anchors == NO_ANCHOR, 0, classes.pick)  # a class without one repeats the first, which has
        at, label, bank = anchors[source], classes.labels[source], self.bank
        weight, velocity, holder = bank.read(bank.weight, at), bank.read(bank.velocity, at), self.holder[at]
        self.loan = Loan(at, lent[source][:, None], weight, velocity, holder)
        bank.write(bank.weight, at, centre[source].to(weight.dtype))
        bank.write(bank.velocity, at, velocity.masked_fill((holder != label)[:, None], 0))
        self.holder[at] = label

    def commit(self) -> None:
        if self.loan is not None:
            at, borrowed, weight, velocity, holder = self.loan
            for store, before in ((self.bank.weight, weight), (self.bank.velocity, velocity)):
                self.bank.write(store, at, torch.where(borrowed, before, self.bank.read(store, at)))
            self.holder[at] = torch.where(borrowed[:, 0], holder, self.holder[at])
            self.loan = None

    def rows_in_loss(self) -> int:
        return len(self.holder)

    @classmethod
    def cost(
        cls, batch: int, classes: int, dim: int, place: kit.Place = kit.ALONE, ratio: float = 0.01, **options: Any
    ) -> kit.Cost:
        anchors = kit.kept_classes(ratio, classes)
        cost = kit.comparing(batch, anchors, dim, place=place)
        working = max(cost.working_bytes + 8 * batch * dim, 33 * anchors)  # the loan; finding spare anchors
        return cost._replace(state_bytes=cost.state_bytes + 8 * anchors, working_bytes=working)
