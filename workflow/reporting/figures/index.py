"""figures.json: what the report says of every figure, drawn or not."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from workflow.errors import UserError


@dataclass(frozen=True)
class Entry:
    """A figure: its title, how to read it, what it does not show, and, if it is not drawn, the reason."""

    title: str
    read: str
    limits: str
    drawn: bool
    reason: str | None


Index = dict[str, Entry]
_INDEX = TypeAdapter(Index)


def read_index(folder: Path) -> Index:
    """The index of the figures in `folder`; UserError where there is none."""
    path = folder / "figures.json"
    try:
        return _INDEX.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise UserError(f"{path} is no index of figures: run `python -m workflow.reporting figures` first") from error


def as_json(index: Index) -> object:
    """The index as figures.json holds it."""
    return _INDEX.dump_python(index, mode="json")
