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
On a GPU every step waits for the device, since the index is on the host. To build it takes long, and no median of step
times shows that: it is told as `upkeep`.
"""

from torch import Tensor

from heads.kit import interface
from heads.kit.centres import Centres, update_bytes
from heads.kit.checks import check_batch, check_ratio
from heads.kit.dice import Dice
from heads.kit.interface import Batch, Cost, Encoder, Upkeep
from heads.kit.margins import Margin, margin_loss
from heads.kit.nearest import Index, index_bytes
from heads.kit.ranks import gather, gather_embeddings
from heads.kit.sample import most, sample


class Head(interface.Head):
    """The batch's classes and those nearest to its embeddings."""

    def __init__(
        self,
        num_classes: int,
        embedding_dim: int,
        *,
        ratio: float = 0.1,
        margin: str = "normface",
        m: float | list[float] = 0.0,
        scale: float = 12.0,
        index: str = "HNSW16",
        rebuild: int = 100,
        centre_momentum: float = 0.9,
        weight_decay: float = 5e-4,
    ):
        super().__init__()
        self.sample_size = max(1, int(check_ratio(ratio) * num_classes))
        self.bank = Centres(num_classes, embedding_dim, centre_momentum, weight_decay)
        self.index = Index(num_classes, embedding_dim, index, rebuild)
        self.margin, self.scale, self.dice = Margin(margin, m), scale, Dice()

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        (x,), (y,) = batch
        e = encode(x)  # (B, D)
        check_batch(e, y, self.bank.num_classes, self.bank.dim)
        e, y = gather_embeddings(e), gather(y)  # of all ranks
        lse, cosine = self.bank.compare(e, y, self.scale, self.lr, self.active(e.detach(), y))
        return margin_loss(lse, self.margin(cosine, self.ramp), self.scale).mean()

    def active(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Sorted distinct classes of this step, the same on all ranks: those of `labels` (N,), then the nearest to each
        of the `embeddings` (N, D), the second nearest, and so on, then random ones, until there are enough."""
        near = self.index.nearest(embeddings, self.bank.weight, self.sample_size // len(labels) + 1)  # (n, N)
        near = near.where(near >= 0, labels)
        return sample(labels, self.bank.num_classes, self.sample_size, self.dice.throw(labels.device), near.flatten())

    @property
    def upkeep(self) -> Upkeep | None:
        return self.index.upkeep

    def centres(self) -> Tensor:
        return self.bank.current()

    def rows_in_loss(self) -> int:
        return self.sample_size

    @classmethod
    def cost(
        cls, batch: int, classes: int, dim: int, ratio: float = 0.1, index: str = "HNSW16", **options: object
    ) -> Cost:
        """Of state: the centres, and on the host the index. Of temporaries: the copy that the index is built from, and
        what is told while the sample is drawn. What is read and computed to find neighbours has no simple bound."""
        rows = most(batch, classes, ratio)
        state = 8 * classes * dim + index_bytes(classes, dim, index)
        working = 4 * classes * dim + update_bytes(batch, rows, dim, sampled=True) + 192 * (rows + batch) + 16 * classes
        return Cost(state, 20 * rows * dim, 8 * batch * rows * dim, working)
