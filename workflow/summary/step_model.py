"""The model of a whole training step: an end-to-end step without its head, plus the head alone at any size.

The coefficients are plain data, and the report's JavaScript computes the same numbers from them. What is assumed, and
how the numbers scale with batch, dimension and processes, is stated in docs/cost-model.md.
"""

from typing import Literal, NamedTuple

from workflow.cells.cost_records import Sends
from workflow.cells.records import Part
from workflow.summary.growth import Basis, Curve, Range
from workflow.summary.work import Work

FARTHEST = 100_000_000
"""most classes that anything is said about"""


class Setting(NamedTuple):
    """What a reader chooses. `batch` counts the images of all processes together."""

    classes: float
    batch: int
    dim: int
    processes: int = 1


class Rest(Part):
    """The training step of `row` without its head, for `images` images with a gradient: ms, and bytes of memory."""

    row: str
    images: float
    ms: float
    low: float
    high: float
    bytes: int | None


class Alone(Part):
    """A head alone: ms and bytes against classes, measured at one batch and dimension, and the work it declares."""

    batch: int
    dim: int
    ms: Curve | None
    bytes: Curve | None
    work: Work
    shares_classes: bool


class Composed(NamedTuple):
    """The whole step in one setting; None where it cannot be composed. `bytes` are those of each process."""

    ms: Range | None = None
    bytes: Range | None = None
    ms_basis: Basis | None = None
    bytes_basis: Basis | None = None
    scaled: bool = False
    """whether batch or dimension are not those that were measured"""
    each_ms: Range | None = None
    """what each of the processes computes in the step, without what it waits for the others"""
    sent: float | None = None
    """bytes that each of the processes sends in the step"""


class Model(Part):
    """The composed step of one row. `plain` rows are cost references that no run trains; `exclusive` says whether all
    timings ran alone; `missing` why there is no step time, `missing_bytes` why there is no memory; `check` is the
    composed step over the measured one where the whole step was measured."""

    name: str
    label: str
    head: str
    ratio: float
    plain: bool
    exclusive: bool
    rest: Rest | None
    alone: Alone | None
    missing: str | None = None
    missing_bytes: str | None = None
    check: float | None = None
    sends: Sends | None = None

    def at(self, setting: Setting) -> Composed:
        """The whole step in a setting."""
        rest, alone = self.rest, self.alone
        sent = None if self.sends is None else sent_bytes(self.sends, setting)
        if rest is None or alone is None:
            return Composed(sent=sent)
        share = setting.classes / setting.processes if alone.shares_classes else setting.classes
        return Composed(
            step_ms(rest, alone, setting),
            step_bytes(rest, alone, setting),
            alone.ms.basis(setting.classes) if alone.ms else None,
            alone.bytes.basis(share) if alone.bytes else None,
            {(alone.batch, alone.dim), (rest.images, alone.dim)} != {(setting.batch, setting.dim)},
            each_ms(rest, alone, setting),
            sent,
        )


class Coefficients(Part):
    """All that is needed to compose the step of every row in any setting. `batch` and `dim` are those of this run."""

    version: Literal["headroom-composed-1"] = "headroom-composed-1"
    reference: str | None
    device: str | None
    batch: int | None
    dim: int | None
    classes: int | None
    """of the training set"""
    farthest: int = FARTHEST
    rows: tuple[Model, ...]


def each_ms(rest: Rest, alone: Alone, setting: Setting) -> Range | None:
    """What each process computes: the rest for its share of the images; where classes are shared the head for its share
    of them and the whole batch, else for all and its share of the batch."""
    own = setting.batch / setting.processes
    if alone.shares_classes:
        head = head_ms(alone, setting.classes / setting.processes, setting.batch, setting.dim)
    else:
        head = head_ms(alone, setting.classes, own, setting.dim)
    return head and Range(rest.ms, rest.low, rest.high).times(own / rest.images).plus(head)


def head_ms(alone: Alone, classes: float, batch: float, dim: int) -> Range | None:
    """The head alone, scaled by the work it declares."""
    found = alone.ms.at(classes) if alone.ms else None
    return found and found.times(alone.work.time_share(batch / alone.batch, dim / alone.dim))


def step_ms(rest: Rest, alone: Alone, setting: Setting) -> Range | None:
    """Rest in proportion to the images, plus the head alone scaled by the work it declares; one process."""
    head = head_ms(alone, setting.classes, setting.batch, setting.dim)
    return head and Range(rest.ms, rest.low, rest.high).times(setting.batch / rest.images).plus(head)


def step_bytes(rest: Rest, alone: Alone, setting: Setting) -> Range | None:
    """Bytes of each process: the rest never below what was measured, plus the head at its share of the classes."""
    classes = setting.classes / setting.processes if alone.shares_classes else setting.classes
    head = alone.bytes.at(classes) if alone.bytes else None
    if head is None or rest.bytes is None:
        return None
    share = alone.work.held_share(setting.batch / alone.batch, setting.dim / alone.dim)
    base = rest.bytes * max(1.0, setting.batch / setting.processes / rest.images)
    return head.times(share).plus(Range(base, base, base))


def sent_bytes(sends: Sends, setting: Setting) -> float:
    """Bytes that each process sends, as a ring does it: its part to all others, and twice the sums, less its share."""
    others, rows = setting.processes - 1, setting.batch / setting.processes
    fixed, per_row, per_number, per_image, per_centre = sends.gathered
    parts = fixed + per_row * rows + per_number * rows * setting.dim + per_image * setting.batch
    parts += per_centre * setting.classes / setting.processes * setting.dim
    sums = sends.reduced[0] + sends.reduced[1] * setting.batch
    return others * (parts + 2 * sums / setting.processes)
