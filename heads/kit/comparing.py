"""What comparing a batch with class centres, as `Centres` does, costs each process."""

from heads.kit import wire
from heads.kit.chunking import chunk_rows, logits_bytes
from heads.kit.interface import Cost, Parts
from heads.kit.place import ALONE, Place
from heads.kit.sample import sampling_bytes


def comparing(
    batch: int, classes: int, dim: int, rows: int | None = None, place: Place = ALONE, sums: wire.Wire | None = None
) -> Cost:
    """What it costs a process to keep its share of `classes` centres, to compare the whole batch with them, or with
    `rows` sampled ones of all, and to move those. `sums` is how the sums over negatives come together: by default as
    log-sum-exps do."""
    own = place.share(classes)
    compared, sampled = own if rows is None else place.share(rows), rows is not None
    working = update_bytes(batch, compared, dim, sampled, place)
    if rows is not None:
        working = max(working, sampling_bytes(batch, classes, rows))
    share = place.share(batch)
    sent = wire.add_up(
        wire.gathering_embeddings(share, dim),
        wire.gathering(share, wire.SIZE),
        sums or wire.gathering(1, 4 * batch),
        wire.totalling(batch),  # of the cosines to the own centres
    )
    parts = Parts(4 * own * dim, 4 * own * dim, logits=logits_bytes(batch, compared, False, place))
    # weight read twice and written, momentum read and written; logits, dE, dW and the logits recomputed
    return Cost(8 * own * dim, 20 * compared * dim, 8 * batch * compared * dim, working, parts=parts, wire=sent)


def update_bytes(batch: int, rows: int, dim: int, sampled: bool = False, place: Place = ALONE) -> int:
    """Bytes of temporaries when a batch is compared with `rows` centres and moves them, in float32.

    In forward a chunk of unit vectors and five matrices of the batch's size, in backward its gradient, too, and three;
    of sampled rows copies of weight and, in backward, momentum. A length is kept of every row.
    """
    chunk = chunk_rows(rows, False, place)
    forward = chunk * dim * (2 if sampled else 1) + 5 * batch * dim
    backward = chunk * dim * (4 if sampled else 2) + 3 * batch * dim
    return 4 * (chunk * batch + max(forward, backward) + 16 * batch) + (12 if sampled else 4) * rows
