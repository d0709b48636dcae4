"""F2C: class centres from a gallery net, held in a pool of the classes used last.

Wang et al. 2022 (Faster Face Classification, arXiv 2105.10375): the gallery net is a moving average of the probe net
and its embeddings fill a dynamic class pool of K = ratio * C slots. A probe whose class is in the pool pays a margin
softmax over the pool; one whose class is not is pushed away from its hardest pool entries. Two loaders mix: classes
drawn evenly (two images each) and single images as they come (`loader` for either alone).
After the official code: each slot holds the last two gallery embeddings, giving two views of the logits (in the text,
centres are weighted: `centre="average"`); the two halves of the batch act as probe and gallery in turn, the first pass
is rolled back and the second kept (`symmetric=False`: one pass); slots not yet filled are random vectors that count as
negatives (in the text the pool starts filled: `empty="hidden"`).
Departures from it: the loss terms are averaged (`reduction="sum"` is the code's); a slot held by a class of the batch
is never evicted by another class of the same batch; it runs in float32; one pass over the pool serves all terms.
"""

import torch
from torch import Tensor

from heads import _base, _ranks
from heads._base import Batch, Cost, Encoder, check_batch, check_labels, check_option, check_ratio, margin_loss
from heads._lse import Hide, both_lse, hide_also, hide_columns, negative_lse, working_bytes
from heads._margin import Margin
from heads._pool import EMPTY, Finding, Hardest, Slots, Visit, pull

LOADERS = {
    "dual": "pairs+instances",
    "identity": "identity pairs",
    "instance": "instance halves",
    "pairs": "half pairs",
}


class Head(_base.Head):
    """A pool of gallery embeddings for the classes used last."""

    batches = "pairs+instances"
    momentum = 0.99

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: float = 0.1,
        margin: str = "cosface",
        m: float | list[float] = 0.4,
        scale: float = 32.0,
        loader: str = "dual",
        reduction: str = "mean",
        centre: str = "alternate",
        symmetric: bool = True,
        empty: str = "negatives",
    ):
        super().__init__()
        self.batches = LOADERS[check_option("f2c loader", loader, *LOADERS)]
        average = check_option("f2c centre", centre, "alternate", "average") == "average"
        self.hides_empty = check_option("f2c empty", empty, "negatives", "hidden") == "hidden"
        slots = max(1, round(check_ratio(ratio) * num_classes))
        self.pool = Slots(slots, num_classes, embedding_dim, average)
        self.views, self.symmetric = (0,) if average else (0, 1), symmetric
        terms = len(self.views) * (2 if symmetric else 1)
        self.share = 1 / terms if check_option("f2c reduction", reduction, "mean", "sum") == "mean" else 1.0
        self.margin, self.scale = Margin(margin, m), scale
        self.hardest = min(max(int(2e-4 * slots), 3), 10, slots)  # official code, ffc_ddp.py
        self.pending: Visit | None = None

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        (x, y), (lx, ly) = batch
        passes = [self.probe(encode, x, lx, y, ly)]
        if self.symmetric:  # and the other way round, from the same pool: what the first pass admits is forgotten
            passes.append(self.probe(encode, y, ly, x, lx))
        probes, slots, visits = zip(*passes, strict=True)
        self.pending = visits[-1]
        changed = torch.cat([visit.slots for visit in visits]).sort().values  # (u,), some repeated
        lse, far = self.look(torch.cat(probes), torch.cat(slots), changed)
        groups = zip(*(values.split([len(p) for p in probes]) for values in (lse, *far[1:])), strict=True)
        terms = []
        for p, slot, visit, (base, *hardest) in zip(probes, slots, visits, groups, strict=True):
            hidden = (self.empty()[changed]).index_fill(0, torch.searchsorted(changed, visit.slots), False)
            hidden[1:] |= changed[1:] == changed[:-1]
            for view in self.views:
                columns = self.pool.after(visit, changed, view)  # (u, D)
                terms += self.terms(p, slot, base, Finding(far.pool, *hardest), changed, columns, hidden)
        return torch.stack(terms).sum() * self.share

    def probe(
        self, encode: Encoder, x: Tensor, labels: Tensor, y: Tensor, keys: Tensor
    ) -> tuple[Tensor, Tensor, Visit]:
        """Probes (n, D), the slot of each one's class once the gallery y of classes `keys` is admitted, that visit."""
        p = encode(x)
        check_batch(p, labels, len(self.pool.slot_of), self.pool.vectors.shape[2])
        check_labels(keys, len(self.pool.slot_of))
        visit = self.pool.visit(_ranks.gather(encode.momentum(y)), _ranks.gather(keys))
        return p, self.pool.place(visit, labels), visit

    def empty(self) -> Tensor:
        """(K,) bool: slots that do not count as negatives, for they hold no class yet."""
        return (self.pool.labels == EMPTY) & self.hides_empty

    def look(self, probes: Tensor, slots: Tensor, changed: Tensor) -> tuple[Tensor, Finding]:
        """One pass over the slots that no visit changes: log-sum-exp (n,), and the hardest of them."""
        hidden = self.empty().index_fill(0, changed, True)
        return self.compare(probes, slots == EMPTY, self.pool.vectors[0], hide_also(hide_columns(slots), hidden))

    def compare(self, probes: Tensor, fresh: Tensor, vectors: Tensor, hide: Hide) -> tuple[Tensor, Finding]:
        """Log-sum-exp (n,) over the `vectors` that `hide` leaves, and those hardest for the `fresh` (n,) probes."""
        hardest = Hardest(fresh, self.hardest, probes)

        def see(logits: Tensor, part: slice) -> None:
            hide(logits, part)
            hardest.see(logits, part)

        return negative_lse(probes, vectors, see, self.scale), hardest.found(vectors, self.scale)

    def terms(
        self, p: Tensor, slot: Tensor, lse: Tensor, far: Finding, changed: Tensor, columns: Tensor, hidden: Tensor
    ):
        """The margin softmax of the probes p (n, D) whose class is in the pool, mean over them, and for the others the
        mean positive cosine to their hardest entries of the pool; either is 0 without such probes."""
        at = torch.searchsorted(changed, slot).clamp_max(len(changed) - 1)
        moved = changed[at] == slot
        hide = hide_also(hide_columns(at.where(moved, EMPTY)), hidden)
        near, close = self.compare(p, slot == EMPTY, columns, hide)
        own = torch.where(moved[:, None], columns[at], self.pool.vectors[0, slot])
        softmax = margin_loss(both_lse(lse, near), self.margin((p * own).sum(1), self.ramp), self.scale)
        outlier = (p * pull(far, close)).sum(1)
        return _ranks.mean(softmax, slot != EMPTY), _ranks.mean(outlier, slot == EMPTY)

    def commit(self) -> None:
        if self.pending is not None:
            self.pool.admit(self.pending)
            self.pending = None

    def rows_in_loss(self) -> int:
        return len(self.pool.labels)

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, ratio: float = 0.1, **options: object) -> Cost:
        slots = max(1, round(ratio * classes))
        working = working_bytes(batch, slots, dim) + 4 * batch * (batch + 8 * dim) + 8 * slots
        return Cost(slots * (8 * dim + 24) + 4 * classes, 4 * slots * dim, 4 * batch * slots * dim, working, batch)
