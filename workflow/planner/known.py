"""What a machine's records say: its summary found by name, and the numbers that a plan rests on."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from heads.kit import Cost
from workflow.cells.choices import REFERENCES
from workflow.cells.hints import hint
from workflow.cells.paths import PUBLISHED, PUBLISHED_SUMMARIES, RESULTS, SUMMARY
from workflow.errors import UserError
from workflow.planner.held import Case, Row, declared
from workflow.summary.composed import coefficients
from workflow.summary.costs import ALLOCATOR
from workflow.summary.reading import read_summary
from workflow.summary.step_model import Coefficients, Model
from workflow.summary.stored import CostRow
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Mode

TENSORS = "peak of the tensors, by torch's own account"


class Cell(NamedTuple):
    """A head alone that was measured, and what today's code declares at its size."""

    row: CostRow
    cost: Cost
    peak: int | None
    """bytes, by the best meter of the record"""
    meter: str | None

    @property
    def declared(self) -> int:
        """Bytes on the device that was measured."""
        apart = self.row.device != "cpu"
        index = self.cost.parts.host + self.cost.parts.staging if apart or self.meter == TENSORS else 0
        return self.cost.state_bytes + self.cost.working_bytes - index

    @property
    def ms(self) -> float | None:
        """Median step time."""
        return self.row.step_ms.median


class Known(NamedTuple):
    """A machine's records."""

    name: str
    device: str
    """`cpu`, or the GPU's name"""
    summary: Summary
    model: Coefficients
    cells: tuple[Cell, ...]

    @property
    def kind(self) -> str:
        """cpu | cuda."""
        return "cpu" if self.device == "cpu" else "cuda"

    def find(self, head: str, ratio: float) -> list[Model]:
        """The measured rows of a head at a ratio."""
        return [row for row in self.model.rows if (row.head, row.ratio) == (head, ratio) and not row.plain]

    def options(self, name: str) -> dict[str, object]:
        """What the row called `name` was constructed with: as its cost cells say, or else its runs."""
        told = next((cell.row.options for cell in self.cells if cell.row.name == name and cell.row.options), None)
        return options_of(self.summary, name) if told is None else dict(told)

    @property
    def context(self) -> int | None:
        """Bytes of a GPU that the driver and the libraries take beside the allocator; None where that was not read."""
        beside = [
            memory.nvml_process_bytes - memory.allocator_reserved_bytes
            for memory in (cell.row.memory for cell in self.cells)
            if memory.nvml_process_bytes is not None and memory.allocator_reserved_bytes is not None
        ]
        return round(median(beside)) if beside else None


def known(machine: str, root: Path = Path()) -> Known:
    """The records of the machine called so. UserError where there are none, or several profiles."""
    path = found(machine, root)
    summary = read_summary(path)
    device = (
        summary.facts.cost_device or next((row.device for row in summary.stored.costs if row.device), None) or "cpu"
    )
    return Known(machine, device, summary, coefficients(summary), tuple(cells(summary, device)))


def found(machine: str, root: Path) -> Path:
    """The summary.json of the machine or profile called so, or in the folder."""
    published = root / PUBLISHED
    for folder in (published / machine, root / RESULTS / machine, root / machine):
        if (folder / SUMMARY).is_file():
            return folder / SUMMARY
    profiles = sorted(path.parent.name for path in (published / machine).glob(f"*/{SUMMARY}"))
    if len(profiles) > 1:
        choices = ", ".join(f"{machine}/{profile}" for profile in profiles)
        raise UserError(f"--machine '{machine}' has several profiles: say one of {choices}")
    if profiles:
        return published / machine / profiles[0] / SUMMARY
    raise UserError(f"--machine '{machine}' has no {SUMMARY} in {PUBLISHED} or {RESULTS}{hint(machine, names(root))}")


def names(root: Path) -> list[str]:
    """Everything that --machine may name."""
    published = root / PUBLISHED
    places = [path.parent for pattern in PUBLISHED_SUMMARIES for path in published.glob(pattern)]
    own = [path.parent.name for path in (root / RESULTS).glob(f"*/{SUMMARY}") if path.parent != published]
    return sorted([place.relative_to(published).as_posix() for place in places] + own)


def cells(summary: Summary, device: str) -> Iterator[Cell]:
    """The heads alone that ended well, of heads that there still are and that take their options."""
    kind = "cpu" if device == "cpu" else "cuda"
    for row in summary.stored.costs:
        if row.mode != Mode.HEAD or row.outcome != Ending.OK or row.head in REFERENCES or not row.batch or not row.dim:
            continue
        try:
            options = options_of(summary, row.name) if row.options is None else dict[str, object](row.options)
            case = Case(row.classes, row.dim, row.batch, 1, kind, None)
            cost = declared(Row(row.name, row.head, row.ratio, options), case)
        except (ValueError, TypeError, NotImplementedError):
            continue
        yield Cell(row, cost, *peak(row))


def peak(row: CostRow) -> tuple[int | None, str | None]:
    """The best account of a cell's peak, and which it is: the allocator's, that of all tensors, or the process's. The
    account of tensors is of one step, in which a head's periodic work is hardly ever due."""
    found = row.memory.tensor_peak_bytes
    if row.peak_meter == ALLOCATOR or found is None or row.upkeep.every_steps is not None:
        return row.peak_bytes, row.peak_meter
    return found, TENSORS


def options_of(summary: Summary, name: str) -> dict[str, object]:
    """The constructor arguments of a row but for its ratio; none where no run says them."""
    found_parameters = summary.parameters.get(name)
    return dict(found_parameters.options) if found_parameters else {}
