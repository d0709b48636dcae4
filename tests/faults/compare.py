"""What two runs of a stage must share: every byte, but for what a clock wrote."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.faults.chain import Stage
from workflow.cells.paths import SUMMARY

CLOCKS = {"start", "finish", "seconds", "command", "resumed"}
"""fields of records that no two runs share"""
KEPT = {".lock", "stamps.json"}
"""files that hold no result: locks, and what the file system said of others"""


def difference(stage: Stage, folder: Path, reference: Path) -> str | None:
    """How what `stage` has left in `folder` differs from what it left in `reference`; None if it does not."""
    for path in files(stage, reference):
        own = folder / path.relative_to(reference)
        if not own.exists():
            return f"{own} is missing"
        if content(stage, own) != content(stage, path):
            return f"{own} differs"
        if more := names(own.parent) - names(path.parent):
            return f"{own.parent} holds {', '.join(sorted(more))}"
    return None


def files(stage: Stage, folder: Path) -> Iterator[Path]:
    """The files that `stage` has left in `folder`."""
    for name in stage.makes:
        path = folder / name
        yield from sorted(path.iterdir()) if path.is_dir() else [path]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - KEPT


def content(stage: Stage, path: Path) -> object:
    """What is compared of a file."""
    if path.name == SUMMARY:
        summary = json.loads(path.read_text(encoding="utf-8"))
        return summary | {"collected": without_clocks(summary["collected"])}
    if stage.concludes or path.suffix not in (".json", ".jsonl"):
        return path.read_bytes()
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [without_clocks(json.loads(line)) for line in text.splitlines()]
    found = without_clocks(json.loads(text))
    return shape(found) if stage.timed else found


def without_clocks(value: object) -> object:
    """A JSON value without the fields that a clock wrote, anywhere in it."""
    if isinstance(value, dict):
        return {key: without_clocks(item) for key, item in value.items() if key not in CLOCKS}
    return [without_clocks(item) for item in value] if isinstance(value, list) else value


def shape(record: object) -> object:
    """Of a measurement: which cell it is of, how it ended, and the names of all that was measured."""
    assert isinstance(record, dict)
    return {key: record.get(key) for key in ("cell", "outcome", "reason", "declares")}, sorted(record)
