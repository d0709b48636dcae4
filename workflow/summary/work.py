"""How the work of a head scales with the batch and the embedding dimension, from what the head declares."""

from collections.abc import Sequence

from workflow.cells.cost_records import Declares, Floor, MachineRecord
from workflow.cells.records import Part
from workflow.summary.stored import CostRow

Bilinear = tuple[float, float, float, float]
"""a, b, d, bd of a + b*x + d*y + bd*x*y, where x is a multiple of the batch and y one of the dimension"""


class Work(Part):
    """What a head declares at its largest measured size, against multiples of the batch and dimension measured there.

    A head states its work as sums of products of batch, classes and dimension, so four declarations fix it. The rates
    are the machine's: operations and bytes a millisecond; 1 each where they are not known.
    """

    flops: Bilinear
    moved: Bilinear
    held: Bilinear
    flops_per_ms: float
    bytes_per_ms: float

    def time_share(self, batches: float, dims: float) -> float:
        """The floor of a step at so many times the batch and the dimension, over that of the measured step."""
        now, then = (self.floor(*times) for times in ((batches, dims), (1.0, 1.0)))
        return now / then if then else batches * dims

    def floor(self, batches: float, dims: float) -> float:
        """Milliseconds: the slower of arithmetic and memory traffic."""
        products, traffic = (bilinear(terms, batches, dims) for terms in (self.flops, self.moved))
        return max(products / self.flops_per_ms, traffic / self.bytes_per_ms)

    def held_share(self, batches: float, dims: float) -> float:
        """The bytes held at so many times the batch and the dimension, over those of the measured step."""
        then = bilinear(self.held, 1.0, 1.0)
        return bilinear(self.held, batches, dims) / then if then else dims


def bilinear(terms: Bilinear, x: float, y: float) -> float:
    """The value of the form, at least 0."""
    a, b, d, bd = terms
    return max(0.0, a + b * x + d * y + bd * x * y)


def work_of(cost: CostRow, machine: MachineRecord | None) -> Work:
    """The work of a cost cell. Where its record says nothing of other batches, products go with batch times dimension,
    traffic and memory with the dimension."""
    rates = machine.rates if machine else None
    rate = rates.product_gflops(cost.floor.precision or "fp32") if rates else None
    flops, moved, held = forms(cost.declares) or simplest(cost.floor)
    return Work(
        flops=flops,
        moved=moved,
        held=held,
        flops_per_ms=rate * 1e6 if rate else 1.0,
        bytes_per_ms=rates.copy_gb_s * 1e6 if rates and rate else 1.0,
    )


def forms(declares: Sequence[Declares]) -> tuple[Bilinear, Bilinear, Bilinear] | None:
    """Flops, bytes moved and bytes held through four declarations: at the measured point, with the batch, with the
    dimension, with both doubled. None without them."""
    if len(declares) != 4:
        return None
    flops, moved, held = (
        through([float(getattr(each, name)) for each in declares]) for name in ("flops", "moved_bytes", "held_bytes")
    )
    return flops, moved, held


def through(values: Sequence[float]) -> Bilinear:
    """The form with these values at (1, 1), (2, 1), (1, 2) and (2, 2)."""
    both = values[3] - values[2] - values[1] + values[0]
    batch, dim = values[1] - values[0] - both, values[2] - values[0] - both
    return values[0] - batch - dim - both, batch, dim, both


def simplest(floor: Floor) -> tuple[Bilinear, Bilinear, Bilinear]:
    """The forms of a record that says what is declared at the measured point alone."""
    flops, moved, held = (float(part or 0) for part in (floor.flops, floor.bytes, floor.state_bytes))
    return (0.0, 0.0, 0.0, flops), (0.0, 0.0, moved, 0.0), (0.0, 0.0, held, 0.0)
