"""The cells that a summary is of: those of a plan, or, by hand, those whose records lie in a profile's folder."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from workflow.cells.cost_records import CostRecord
from workflow.cells.paths import CHOSEN, COSTS, RUNS
from workflow.cells.records import RunRecord
from workflow.cells.spec import PlannedCost, PlannedRun
from workflow.errors import UserError

Planned = TypeVar("Planned", PlannedRun, PlannedCost)


def listed(argument: str, kind: type[Planned], what: str) -> list[Planned]:
    """Planned cells, from a JSON list or the path of a file that holds one; a UserError names the flag `what`."""
    text = argument
    if not argument.lstrip().startswith("["):
        try:
            text = Path(argument).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{what}: {argument} is neither a JSON list nor a readable file ({error})") from error
    try:
        return TypeAdapter(list[kind]).validate_json(text)  # type: ignore[valid-type]
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        fields = ", ".join(name for name, field in kind.model_fields.items() if field.is_required())
        raise UserError(
            f"{what}: expected a JSON list of cells with {fields}; {place or 'the text'}: {first['msg']}"
        ) from error


def found_runs(profile: Path) -> list[PlannedRun]:
    """The training cells whose records lie under results/<profile>/, by what the records themselves say."""
    cells: dict[PlannedRun, Path] = {}
    for path in sorted(profile.glob(RUNS)):
        cell = RunRecord.read(path).cell
        if cell.role == "trial":
            continue
        named = cell.model_dump(include={"label", "head", "ratio", "seed", "role"})
        key = PlannedRun(**named, folder="")
        refuse_twins(cells.setdefault(key, path), path)
    return [key.model_copy(update={"folder": path.parent.as_posix()}) for key, path in cells.items()]


def found_tuned(profile: Path) -> list[Path]:
    """The records of chosen settings that lie under results/<profile>/."""
    return sorted(profile.glob(CHOSEN))


def found_costs(profile: Path) -> list[PlannedCost]:
    """The cost cells whose records lie under results/<profile>/cost/, by what the records themselves say."""
    cells: dict[PlannedCost, Path] = {}
    for path in sorted(profile.glob(COSTS)):
        cell = CostRecord.read(path).cell
        key = PlannedCost(
            label=cell.label, head=cell.head, ratio=cell.ratio, mode=cell.mode, classes=cell.classes, record=""
        )
        refuse_twins(cells.setdefault(key, path), path)
    return [key.model_copy(update={"record": path.as_posix()}) for key, path in cells.items()]


def refuse_twins(first: Path, second: Path) -> None:
    """UserError where two records are of one cell."""
    if first != second:
        raise UserError(
            f"{first} and {second} are both records of the same cell: they were made with different data, backbones or "
            "settings and are never mixed; name the right ones in the list of cells, or move one away"
        )
