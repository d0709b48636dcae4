"""The memory of one process, part by part: what a head declares, what a backbone holds, and what both hold at once."""

from dataclasses import astuple, dataclass, replace
from typing import NamedTuple

import heads
from heads.kit import Cost, Place, kind_of
from workflow.planner.counted import Counted


class Row(NamedTuple):
    """A head with a ratio and options; `name` is what its line is called."""

    name: str
    head: str
    ratio: float
    options: dict[str, object]


class Case(NamedTuple):
    """Sizes and devices. `inputs` are the numbers in one image."""

    classes: int
    dim: int
    batch: int
    gpus: int
    device: str
    inputs: int | None

    @property
    def place(self) -> Place:
        return Place(self.device, self.gpus, self.inputs)


@dataclass(frozen=True)
class Held:
    """Bytes of each process at its peak, by part; `host` lies beside a GPU's memory, in the machine's."""

    weights: int = 0
    momentum: int = 0
    pool: int = 0
    index: int = 0
    """0 on a GPU, where it is `host`"""
    logits: int = 0
    backbone: int = 0
    """its weights and their momentum; of a machine's own training step all that is not the head's"""
    activations: int = 0
    twin: int = 0
    libraries: int = 0
    """what a machine's records hold beyond what heads declare"""
    other: int = 0
    """other temporaries and small state"""
    host: int = 0

    @property
    def total(self) -> int:
        """All but what lies beside."""
        return sum(astuple(self)) - self.host


def declared(row: Row, case: Case) -> Cost:
    """What the row's head declares for each process. ValueError if it refuses its ratio."""
    return heads.cost(
        row.head, case.batch, case.classes, case.dim, options=row.options, ratio=row.ratio, place=case.place
    )


def held(row: Row, case: Case, counted: Counted | None = None, rest: int = 0, libraries: int = 0) -> Held:
    """The memory of a process: with a backbone that was `counted`, with the `rest` of a step as it was measured, or of
    a head alone."""
    cost, apart = declared(row, case), case.place.apart
    parts = cost.parts
    working = cost.working_bytes - (parts.staging if apart else 0)
    head = cost.state_bytes - (parts.host if apart else 0)
    found = Held(
        weights=parts.weights,
        momentum=parts.momentum,
        pool=parts.pool,
        index=0 if apart else parts.host,
        logits=parts.logits,
        backbone=rest,
        libraries=libraries,
        host=parts.host + parts.staging if apart else 0,
    )
    if counted is None:
        return replace(found, other=head + working - in_head(found))
    found, step = with_backbone(found, row, case, counted, working)
    return replace(found, other=head + step - in_head(found))


def in_head(found: Held) -> int:
    """Bytes of the parts of the head that have a name."""
    return found.weights + found.momentum + found.pool + found.index + found.logits


def with_backbone(found: Held, row: Row, case: Case, counted: Counted, working: int) -> tuple[Held, int]:
    """The same with a backbone and, where the head needs one, its twin; and what a step holds at most beside
    activations: in the head, in a pass of the twin, while the backbone goes backward, or in the update, with all
    activations freed."""
    kind, place = kind_of(heads.load(row.head).batches), case.place
    rows, images = place.share(kind.rows(case.batch)), place.share(case.batch)
    saved, given = counted.saved.at(images), kind.views * rows * place.row_bytes(case.dim)
    twin = counted.weights + counted.buffers if heads.has_twin(row.head) else 0
    passing = counted.passing.at(rows) if twin else 0
    update = counted.weights * (2 if place.apart or place.processes > 1 else 1)  # gradients, and a copy of them
    step = max(working, passing, counted.backward.at(images) - saved, update - saved)
    own = 2 * counted.weights + counted.buffers
    return replace(found, backbone=own, activations=saved + given, twin=twin), step
