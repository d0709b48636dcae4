"""F2C: class centres from a gallery net, held in a pool of the classes used last.

Wang et al. 2022 (Faster Face Classification, arXiv 2105.10375): the gallery net is a moving average of the probe net
and its embeddings fill a dynamic class pool of K = ratio * C slots. A probe whose class is in the pool pays a margin
softmax over the pool; one whose class is not is pushed away from its hardest pool entries. Two loaders mix: classes
drawn evenly (two images each) and single images as they come (`loader`: any kind of batch with two half views).
After the official code: each slot holds the last two gallery embeddings, giving two views of the logits (`rows`; the
text says three, and that centres are weighted: `centre="average"`, with one row); the two halves of the batch act as
probe and gallery in turn, the first pass is rolled back and the second kept (`symmetric=False`: one pass); slots not
yet filled are random vectors that count as negatives (in the text the pool starts filled: `empty="hidden"`); both
losses weigh alike (`fresh_weight` weighs that of probes whose class is not in the pool).
Departures from it: the loss terms are averaged (`reduction="sum"` is the code's); a slot held by a class of the batch
is never evicted by another class of the same batch; it runs in float32; one pass over the pool serves all terms.
"""

from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from heads import kit

LOADERS = [name for name, kind in kit.KINDS.items() if kind.views == 2 and kind.halved]


class Turn(NamedTuple):
    """Probes and the admission of their gallery."""

    probes: Tensor  # (n, D)
    slot: Tensor  # (n,) slot of each probe's class after the admission, or EMPTY
    at: Tensor  # (n,) which of the admitted classes it is
    met: Tensor  # (n,) bool: it is one of them
    admission: kit.Admission


class Head(kit.Head):
    """A pool of gallery embeddings for the classes used last."""

    batches = "pairs+instances"
    momentum = 0.99

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: kit.ShareAboveZero = 0.1,
        margin: str = "cosface",
        m: float | list[float] = 0.4,
        scale: kit.Positive = 32.0,
        loader: kit.KindName = "pairs+instances",
        reduction: Literal["mean", "sum"] = "mean",
        rows: kit.Count = 2,
        centre: Literal["alternate", "average"] = "alternate",
        symmetric: bool = True,
        empty: Literal["negatives", "hidden"] = "negatives",
        fresh_weight: kit.NotNegative = 1.0,
    ):
        super().__init__()
        self.batches = kit.check_option("f2c loader", loader, *LOADERS)
        average = kit.check_option("f2c centre", centre, "alternate", "average") == "average"
        self.hides_empty = kit.check_option("f2c empty", empty, "negatives", "hidden") == "hidden"
        if rows < 1:
            raise ValueError(f"f2c rows {rows}: a slot of the pool holds at least one embedding")
        if fresh_weight < 0:
            raise ValueError(f"f2c fresh_weight {fresh_weight}: the weight of a loss is at least 0")
        slots = kit.kept_classes(ratio, num_classes)
        self.pool = kit.ClassPool(slots, num_classes, embedding_dim, rows, average)
        self.views, self.symmetric = range(len(self.pool.vectors)), symmetric
        terms = len(self.views) * (2 if symmetric else 1)
        self.share = 1 / terms if kit.check_option("f2c reduction", reduction, "mean", "sum") == "mean" else 1.0
        self.margin, self.scale, self.fresh_weight = kit.Margin(margin, m), scale, fresh_weight
        self.hardest = min(max(int(2e-4 * slots), 3), 10, slots)  # official code, ffc_ddp.py
        self.pending: kit.Admission | None = None

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (one, other), (labels, other_labels) = batch
        turns = [self.turn(encode, one, labels, other, other_labels)]
        if self.symmetric:  # and the other way round, from the same pool: what the first turn admits is forgotten
            turns.append(self.turn(encode, other, other_labels, one, labels))
        self.pending = turns[-1].admission
        found = zip(turns, *self.look(turns), strict=True)
        terms = [term for turn, lse, far in found for view in self.views for term in self.terms(turn, view, lse, far)]
        return torch.stack(terms).sum() * self.share

    def turn(
        self, encode: kit.Encoder, probes: Tensor, labels: Tensor, gallery: Tensor, gallery_labels: Tensor
    ) -> Turn:
        """Encode the images `probes` and `gallery`, whose embeddings are to enter the pool."""
        p, g = encode(probes), encode.momentum(gallery)
        for embeddings, classes in ((p, labels), (g, gallery_labels)):
            kit.check_batch(embeddings, classes, len(self.pool.slot_of), self.pool.vectors.shape[2])
        admission = self.pool.plan(kit.ranks.gather(g), kit.ranks.gather(gallery_labels))
        return Turn(p, *self.pool.place(admission, labels), admission)

    def look(self, turns: list[Turn]) -> tuple[tuple[Tensor, ...], list[kit.Finding]]:
        """One pass over the pool for all turns, each without the slots that its admission changes: log-sum-exp (n,) and
        the hardest entries of each turn's probes."""
        probes, slots = (torch.cat(values) for values in list(zip(*turns, strict=True))[:2])
        pool, lengths = self.pool.vectors[0], [len(turn.probes) for turn in turns]
        empty = (self.pool.labels == kit.EMPTY) & self.hides_empty
        changed = [empty.index_fill(0, turn.admission.slots, True) for turn in turns]
        hide = kit.hide_also(kit.hide_columns(slots), changed, lengths)
        hardest = kit.Hardest(slots == kit.EMPTY, self.hardest, probes)
        lse = kit.negative_lse(probes, pool, hide, self.scale, watch=hardest)
        return lse.split(lengths), hardest.found(pool).split(lengths)

    def terms(self, turn: Turn, view: int, lse: Tensor, far: kit.Finding) -> tuple[Tensor, Tensor]:
        """The margin softmax of the probes (n, D) whose class is in the pool, mean over them, and for the others the
        weighted mean positive cosine to their hardest entries of the pool; either is 0 without such probes."""
        p, slot, at, met, admission = turn
        columns, held = admission.columns(view), slot != kit.EMPTY
        hide = kit.hide_also(kit.hide_columns(at.where(met, kit.EMPTY)), [admission.repeated()], [len(p)])
        hardest = kit.Hardest(~held, self.hardest, p)
        near = kit.negative_lse(p, columns, hide, self.scale, watch=hardest)
        own = torch.where(met[:, None], columns[at], self.pool.vectors[0, slot])
        softmax = kit.margin_loss(kit.both_lse(lse, near), self.margin((p * own).sum(1), self.ramp), self.scale)
        outlier = (p * kit.pull(far, hardest.found(columns))).sum(1)
        return kit.ranks.mean(softmax, held), self.fresh_weight * kit.ranks.mean(outlier, ~held)

    def commit(self) -> None:
        if self.pending is not None:
            self.pool.admit(self.pending)
            self.pending = None

    def rows_in_loss(self) -> int:
        return len(self.pool.labels)

    @classmethod
    def cost(
        cls,
        batch: int,
        classes: int,
        dim: int,
        place: kit.Place = kit.ALONE,
        ratio: float = 0.1,
        rows: int = 2,
        centre: str = "alternate",
        symmetric: bool = True,
        loader: str = "pairs+instances",
        **options: Any,
    ) -> kit.Cost:
        slots, rows, turns = kit.kept_classes(ratio, classes), 1 if centre == "average" else rows, 1 + symmetric
        gallery, probes, wire = batch // 2, place.share(batch // 2), kit.wire  # of one turn
        logits = kit.logits_bytes(turns * probes, slots, place=place)
        unpaired = 1 - kit.kind_of(loader).paired(batch) / gallery
        searched = 0 if place.apart else int(logits * unpaired)  # a copy of the rows without a slot
        looking = logits + searched + 4 * dim * turns * (4 * probes + rows * gallery) + (5 * turns + 1) * slots
        terms = 4 * dim * (13 * probes // 4 + turns * (2 * probes + 4 * rows * gallery))
        turn = wire.add_up(wire.gathering(probes, 4 * dim), wire.gathering(probes, wire.SIZE))
        sent = turn.plus(wire.averaging().times(2 * rows)).times(turns)
        state, images = slots * (4 * rows * dim + 24) + 4 * classes, place.share(batch)
        parts, working = kit.Parts(pool=state, logits=logits), max(looking, terms)
        twin = turns * gallery
        return kit.Cost(state, 4 * slots * dim, 4 * images * slots * dim, working, twin, parts, sent)
