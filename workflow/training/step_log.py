"""The step log of a cell: one JSON line for each line of losses and each point of the learning curve."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from workflow.cells.paths import STEPS
from workflow.training.processes import leads


class StepLog:
    """steps.partial.jsonl while the cell is trained, steps.jsonl once it has ended. One process writes for all."""

    def __init__(self, folder: Path):
        self.partial, self.whole = folder / "steps.partial.jsonl", folder / STEPS

    def size(self) -> int:
        """Bytes written so far: a checkpoint says how many of them belong to it."""
        return self.partial.stat().st_size if self.partial.exists() else 0

    def cut(self, size: int) -> None:
        """Keep the first `size` bytes: what follows belongs to no checkpoint."""
        if leads():
            lines = self.partial.read_bytes()[:size] if self.partial.exists() else b""
            self.partial.write_bytes(lines)

    def write(self, line: Mapping[str, JsonValue]) -> None:
        """Append one line."""
        if leads():
            with self.partial.open("a", encoding="utf-8") as file:
                file.write(json.dumps(dict(line)) + "\n")

    def copy(self) -> None:
        """Write steps.jsonl: called before the record that says the cell has ended."""
        self.partial.touch()
        self.whole.write_bytes(self.partial.read_bytes())

    def discard(self) -> None:
        """Remove the partial log: called after that record."""
        self.partial.unlink(missing_ok=True)
