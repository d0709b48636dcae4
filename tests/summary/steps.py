"""Cost rows of heads whose true cost is known: so many ms and bytes, and so many more a class. MADE UP."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.summary.made_up import cost, summary_of
from workflow.cells.cost_records import Declares, Floor, Memory
from workflow.cells.records import Images
from workflow.summary.stored import CostRow, Quantiles
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Mode

BATCH, DIM, TRAINED = 256, 128, 5_000
SIZES = (10_000, 100_000, 1_000_000)
BASE_BYTES = 400e6


class Truth(NamedTuple):
    """The true cost of a row: ms of the step without the head, of the head and for each class, and bytes likewise."""

    head: str
    ratio: float
    rest: float
    fixed: float
    per_class: float
    bytes_per_class: float

    def ms(self, classes: float) -> float:
        return self.fixed + self.per_class * classes

    def bytes(self, classes: float) -> float:
        return 1e6 + self.bytes_per_class * classes


FC = Truth("fc", 1, 100.0, 1.0, 2e-3, 1024.0)
PARTIAL = Truth("partial_fc", 0.1, 100.0, 0.5, 2e-4, 1024.0)
DCQ = Truth("dcq", 0.1, 130.0, 0.5, 1e-4, 52.0)


def alone(truth: Truth, classes: int, spread: float = 0.0, **more: object) -> CostRow:
    """The head alone: bound by products, which it declares to go with batch times dimension."""
    ms = truth.ms(classes)
    fields: dict[str, object] = {
        "batch": BATCH,
        "dim": DIM,
        "step_ms": Quantiles(median=ms, p10=ms * (1 - spread), p90=ms * (1 + spread)),
        "floor": Floor(flops=10**9, bytes=1, state_bytes=round(truth.bytes_per_class * classes)),
        "declares": [declared(truth, classes, x, y) for x, y in ((1, 1), (2, 1), (1, 2), (2, 2))],
    }
    return cost(truth.head, truth.ratio, classes, round(truth.bytes(classes)), **{**fields, **more})


def declared(truth: Truth, classes: int, x: int, y: int) -> Declares:
    """Products with batch and dimension, traffic and state with the dimension; temporaries with the batch."""
    held = round(truth.bytes_per_class * classes * y) + 1_000_000 * x
    return Declares(batch=x * BATCH, dim=y * DIM, flops=10**9 * x * y, moved_bytes=y, held_bytes=held)


def whole(truth: Truth, spread: float = 0.0, **more: object) -> CostRow:
    """The whole step at the training set's classes."""
    head = truth.ms(TRAINED)
    ms, state = truth.rest + head, round(truth.bytes_per_class * TRAINED)
    fields: dict[str, object] = {
        "mode": Mode.WHOLE,
        "batch": BATCH,
        "dim": DIM,
        "step_ms": Quantiles(median=ms, p10=ms * (1 - spread), p90=ms * (1 + spread)),
        "images_per_second": Images(gradient=1000 * BATCH / ms, encoded=1000 * BATCH / ms),
        "parts_ms": {"loader": 10.0, "backbone": truth.rest - 10, "head": head},
        "peak_bytes": round(BASE_BYTES) + state,
    }
    row = cost(truth.head, truth.ratio, TRAINED, None, **{**fields, **more})
    return row.model_copy(update={"memory": Memory(declared_state_bytes=state)})


def measured(truths: Sequence[Truth], sizes: Sequence[int] = SIZES, spread: float = 0.0) -> list[CostRow]:
    """All cost rows of some truths."""
    return [row for truth in truths for row in (whole(truth, spread), *(alone(truth, at, spread) for at in sizes))]


def summary_with(costs: Sequence[CostRow], truths: Sequence[Truth] = (FC, PARTIAL, DCQ)) -> Summary:
    """A summary with a run of every truth, the first of which is the reference."""
    return summary_of([(truth.head, truth.ratio, {}) for truth in truths], costs)
