"""What processes send to each other in a training step, as coefficients that a page can evaluate."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from heads.kit import Wire
from workflow.cells.cost_records import Sends

Stated = Callable[[int, int, int], Wire | None]
"""what a process gives in a step with so many images, so long embeddings and so many processes"""


@runtime_checkable
class Sender(Protocol):
    """A workload that can tell what its processes would send."""

    def sends(self) -> Sends | None:
        """The coefficients; None where the head does not say."""


def coefficients(stated: Stated, batch: int, dim: int, own: Wire, classes: int) -> Sends | None:
    """The coefficients through four statements: with so many images, with longer embeddings, and with twice the images,
    alone and shared by two; None where a fifth, shared by four, does not fit them. `own` is what training sends beside
    the head."""
    batch += -batch % 16  # so that halves and groups come out even
    places = (batch, dim, 1), (batch, 2 * dim, 1), (2 * batch, dim, 1), (2 * batch, dim, 2), (batch, dim, 4)
    wires = [wire for wire in (stated(*place) for place in places) if wire is not None]
    if len(wires) < len(places):
        return None
    first, (once, longer, twice, shared, fifth) = wires[0], (wire.gathered for wire in wires)
    per_number, per_image = (longer - once) / (batch * dim), (shared - once) / batch
    per_row = (twice - once) / batch - per_number * dim - per_image
    fixed = once - (per_row + per_number * dim + per_image) * batch
    if abs(fixed + (per_row + per_number * dim) * batch / 4 + per_image * batch - fifth) > 1:
        return None
    per_centre = first.upkeep / first.every / (classes * dim)
    per_sum = (wires[2].reduced - first.reduced) / batch
    return Sends(
        gathered=(fixed + own.gathered, per_row, per_number, per_image, per_centre),
        reduced=(first.reduced - per_sum * batch + own.reduced, per_sum),
    )
