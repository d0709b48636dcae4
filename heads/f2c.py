"""F2C: class centres from a gallery net, held in a pool of the classes used last.

Wang et al. 2022 (Faster Face Classification, arXiv 2105.10375): the gallery net is a moving average of the probe net
and its embeddings fill a dynamic class pool of K = ratio * C slots. A probe whose class is in the pool pays a margin
softmax over the pool; one whose class is not is pushed away from its hardest pool entries. Two loaders mix: classes
drawn evenly (two images each) and single images as they come.
After the official code: each slot holds the last two gallery embeddings, giving two logits views; the two halves of
the batch act as probe and gallery in turn, the first pass is rolled back and the second is kept.
Departures from it: the four loss terms are averaged (`reduction="sum"` is the code's); a slot held by a class of the
batch is never evicted by another class of the same batch; it runs in float32.
"""

import torch
from torch import Tensor

from heads import _base
from heads._base import Batch, Cost, Encoder, check_batch, check_ratio, margin_loss
from heads._lse import chunks, hide_also, hide_columns, negative_lse, within
from heads._margin import Margin
from heads._pool import EMPTY, Slots, Visit

LOADERS = {
    "dual": "pairs+instances",
    "identity": "identity pairs",
    "instance": "instance halves",
    "pairs": "half pairs",
}
REDUCTIONS = {"mean": 0.25, "sum": 1.0}


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
    ):
        super().__init__()
        for option, value, known in (("loader", loader, LOADERS), ("reduction", reduction, REDUCTIONS)):
            if value not in known:
                raise ValueError(f"f2c {option} '{value}' is not known: choose one of {', '.join(known)}")
        self.pool = Slots(max(1, round(check_ratio(ratio) * num_classes)), num_classes, embedding_dim)
        self.batches, self.share = LOADERS[loader], REDUCTIONS[reduction]
        self.margin, self.scale = Margin(margin, m), scale
        self.hardest = min(max(int(2e-4 * len(self.pool.labels)), 3), 10)  # official code, ffc_ddp.py
        self.pending: Visit | None = None

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        (x, y), (lx, ly) = batch
        px, py = encode(x), encode(y)  # probes (n, D)
        for probes, labels in ((px, lx), (py, ly)):
            check_batch(probes, labels, len(self.pool.slot_of), self.pool.vectors.shape[2])
        visit_y = self.pool.visit(encode.momentum(y), ly)  # first pass: x probes, y is the gallery; rolled back
        visit_x = self.pool.visit(encode.momentum(x), lx)  # second pass: the other way round; kept
        self.pending = visit_x
        changed = torch.cat([visit_x.slots, visit_y.slots]).unique()
        shared = self.pool.vectors[0]
        slots = torch.cat([visit_y.place(lx, self.pool.find(lx)), visit_x.place(ly, self.pool.find(ly))])
        hide = hide_also(hide_columns(slots), changed)
        base = negative_lse(torch.cat([px, py]), shared, hide, self.scale)  # one pass over what no visit changes
        loss = px.new_zeros(())
        for visit, probes, slot, lse in zip(
            (visit_y, visit_x), (px, py), slots.split([len(lx), len(ly)]), base.split([len(lx), len(ly)]), strict=True
        ):
            for view in (0, 1):
                columns = self.columns(visit, changed, view)
                loss = loss + self.softmax_term(probes, slot, lse, changed, columns)
                loss = loss + self.outlier_term(probes[slot == EMPTY], changed, columns)
        return loss * self.share

    def columns(self, visit: Visit, changed: Tensor, view: int) -> Tensor:
        """(u, D) vectors of the `changed` slots once `visit` has happened; view 1 takes the second row where the
        class was met again."""
        columns = self.pool.vectors[0, changed]
        at = torch.searchsorted(changed, visit.slots)
        columns[at] = torch.where(visit.revisited[:, None] & (view == 1), visit.rows[1], visit.rows[0])
        return columns

    def softmax_term(self, probes: Tensor, slot: Tensor, base: Tensor, changed: Tensor, columns: Tensor) -> Tensor:
        """Margin softmax of the probes whose class is in the pool, mean over them; 0 if there are none."""
        held = slot != EMPTY
        if not held.any():
            return probes.sum() * 0
        p, slot = probes[held], slot[held]
        at = torch.searchsorted(changed, slot).clamp_max(len(changed) - 1)
        moved = changed[at] == slot
        own = torch.where(moved[:, None], columns[at], self.pool.vectors[0, slot])
        small = negative_lse(p, columns, hide_columns(at.masked_fill(~moved, EMPTY)), self.scale)
        cosine = self.margin((p * own).sum(1), self.ramp)
        return margin_loss(torch.logaddexp(base[held], small), cosine, self.scale).mean()

    def outlier_term(self, probes: Tensor, changed: Tensor, columns: Tensor) -> Tensor:
        """Mean positive cosine of probes of fresh classes to their hardest pool entries; 0 if there are none."""
        if not len(probes):
            return probes.sum() * 0
        hardest = hardest_vectors(probes.detach(), self.pool.vectors[0], changed, columns, self.hardest)
        return (probes[:, None] * hardest).sum(2).clamp_min(0).mean()

    def commit(self) -> None:
        if self.pending is not None:
            self.pool.admit(self.pending)
            self.pending = None

    def rows_in_loss(self) -> int:
        return len(self.pool.labels)

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, ratio: float = 0.1, **options: object) -> Cost:
        slots = max(1, round(ratio * classes))
        return Cost(slots * (8 * dim + 24) + 4 * classes, 4 * slots * dim, 4 * batch * slots * dim)


@torch.no_grad()
def hardest_vectors(probes: Tensor, pool: Tensor, changed: Tensor, columns: Tensor, number: int) -> Tensor:
    """(o, number, D): the entries of the pool most similar to each probe (o, D), `changed` slots as in `columns`."""
    best, vectors = (probes @ columns.T).topk(min(number, len(columns)), dim=1)
    vectors = columns[vectors]
    for part in chunks(pool):
        cosine = probes @ pool[part].T
        cosine[:, within(changed, part)] = -torch.inf
        found, at = cosine.topk(min(number, cosine.shape[1]), dim=1)
        best = torch.cat([best, found], 1)
        vectors = torch.cat([vectors, pool[part][at]], 1)
        best, keep = best.topk(min(number, best.shape[1]), dim=1)
        vectors = vectors.take_along_dim(keep[..., None], 1)
    return vectors
