"""Paths of records inside a summary."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import JsonValue

from workflow.summary.stored import SummaryRecord


def relinked(stored: SummaryRecord, change: Callable[[str], str]) -> SummaryRecord:
    """The summary with every path of a record changed."""
    content = stored.model_dump(mode="json", by_alias=True)
    return SummaryRecord.model_validate_json(json.dumps(changed(content, change)))


def named(stored: SummaryRecord) -> list[str]:
    """Every path of a record in the summary, once."""
    found: dict[str, str] = {}
    changed(stored.model_dump(mode="json"), lambda path: found.setdefault(path, path))
    return list(found)


def changed(content: JsonValue, change: Callable[[str], str]) -> JsonValue:
    """A JSON value with `change` made to every path in it: what stands under `record`, and in the list `records`."""
    if isinstance(content, list):
        return [changed(value, change) for value in content]
    if not isinstance(content, dict):
        return content
    return {key: linked(key, value, change) for key, value in content.items()}


def linked(key: str, value: JsonValue, change: Callable[[str], str]) -> JsonValue:
    """One value of a JSON object."""
    match key, value:
        case "record", str():
            return change(value)
        case "records", list():
            return [change(path) if isinstance(path, str) else path for path in value]
        case _:
            return changed(value, change)


def inside(path: str, folders: Sequence[Path]) -> str | None:
    """The path relative to that of `folders` which it lies in; None where it lies in none."""
    found = (Path(path).relative_to(folder) for folder in folders if Path(path).is_relative_to(folder))
    return next((each.as_posix() for each in found), None)
