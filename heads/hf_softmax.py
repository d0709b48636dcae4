"""Hashing-forest softmax: a batch is compared with its own classes and the active ones, those it is nearest to.

Zhang et al. 2018 (Accelerated Training for Massive Classification via Dynamic Class Selection, AAAI): only the classes
whose centres are similar to a sample have a noteworthy share in its softmax. An approximate-nearest-neighbour index
over the centres, built anew every `rebuild` steps, yields ratio * C / B + 1 of them for each sample; with the batch's
own classes, and random others if these are too few, they make up the ratio * C that are compared and move.
Departures from the paper: centres and embeddings are unit vectors and their product is scaled, as in every head here,
instead of free weights under a plain softmax (`m` = 0 adds no margin, as in the paper, and without one the scale should
be small: 12 serves tens of thousands of classes); how many classes are active is given, not adapted. From the official
code: where neighbours are too many, the farther ones of each sample are left out, not random ones; the index is faiss's
HNSW, there nmslib's or a forest of Annoy's; centres are kept in memory, not by a server.
On a GPU every step waits for the device, since the index is on the host. Building it takes long, and no median of step
times shows that: it is recorded as `upkeep`.
"""

from typing import Any

from torch import Tensor

from heads import kit


class Head(kit.Head):
    """The batch's classes and those nearest to its embeddings."""

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: kit.ShareAboveZero = 0.1,
        margin: str = "normface",
        m: float | list[float] = 0.0,
        scale: kit.Positive = 12.0,
        index: str = "HNSW16",
        rebuild: kit.Count = 100,
        centre_momentum: kit.ShareBelowOne = 0.9,
        weight_decay: kit.NotNegative = 5e-4,
    ):
        super().__init__()
        self.sample_size = self.compared = kit.kept_classes(ratio, num_classes)
        self.bank = kit.Centres(num_classes, embedding_dim, centre_momentum, weight_decay)
        self.index = kit.Index(num_classes, embedding_dim, index, rebuild)
        self.margin, self.scale, self.dice = kit.Margin(margin, m), scale, kit.Dice()

    def forward(self, encode: kit.Encoder, batch: kit.Batch) -> Tensor:
        (x,), (y,) = batch
        e = encode(x)  # (B, D)
        kit.check_batch(e, y, self.bank.num_classes, self.bank.dim)
        e, y = kit.ranks.gather_embeddings(e), kit.ranks.gather(y)  # of all ranks
        lse, cosine = self.bank.compare(e, y, self.scale, self.lr, self.active(e.detach(), y))
        return kit.margin_loss(lse, self.margin(cosine, self.ramp), self.scale).mean()

    def active(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Sorted distinct classes of this step, the same on all ranks: those of `labels` (N,), then the nearest to each
        of the `embeddings` (N, D), the second nearest, and so on, then random ones, until there are enough."""
        near = self.index.nearest(embeddings, self.bank.weight, self.sample_size // len(labels) + 1)  # (n, N)
        self.upkeep, near = self.index.upkeep, near.where(near >= 0, labels)
        throw = self.dice.throw(labels.device)
        rows = kit.sample_classes(labels, self.bank.num_classes, self.sample_size, throw, near.flatten())
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
        index: str = "HNSW16",
        rebuild: int = 100,
        **options: Any,
    ) -> kit.Cost:
        """State is the centres and, on the host, the index; building it takes copies there. What is read and computed
        to find neighbours has no simple bound."""
        rows, near = kit.largest_sample(batch, classes, ratio), kit.kept_classes(ratio, classes) // batch + 1
        cost, building = kit.comparing(batch, classes, dim, rows, place), kit.building_bytes(classes, dim, place)
        kept = kit.index_bytes(classes, dim, index)
        working = max(cost.working_bytes, kit.sampling_bytes(batch, classes, rows, batch * near))
        apart = building if place.apart else 0  # in the host's memory beside the device's
        found = kit.wire.gathering(place.share(batch), kit.wire.SIZE * min(near, classes))
        again = kit.wire.gathering(place.share(classes), 4 * dim).gathered
        return cost._replace(
            state_bytes=cost.state_bytes + kept,
            working_bytes=max(working + apart, building),
            parts=cost.parts._replace(host=kept, staging=apart),
        ).sending(found._replace(upkeep=again, every=rebuild))
