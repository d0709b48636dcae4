"""The step log of a cell: one JSON line for each line of losses and each point of the learning curve."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from workflow.cells.paths import PARTIAL_STEPS, STEPS
from workflow.files import told, write_text
from workflow.training.lost import logged_lines
from workflow.training.processes import leads


class StepLog:
    """The lines so far, which every checkpoint holds too; steps.jsonl once the cell has ended. One process writes for
    all.

    steps.partial.jsonl is a copy of the lines while the cell is trained, for whoever follows the run or must tell of
    one that was killed; nothing is continued from it.
    """

    def __init__(self, folder: Path):
        self.partial, self.whole = folder / PARTIAL_STEPS, folder / STEPS
        self.lines: list[str] = []

    def start(self, lines: Sequence[str] = ()) -> None:
        """Hold `lines` and no others: none, or those of the checkpoint that the run continues from."""
        self.lines = list(lines)
        if leads():
            write_text(self.partial, "".join(self.lines))

    def write(self, line: Mapping[str, JsonValue]) -> None:
        """Append one line. UserError where the disk is full."""
        if leads():
            self.lines.append(json.dumps(dict(line)) + "\n")
            with told(self.partial), self.partial.open("a", encoding="utf-8") as file:
                file.write(self.lines[-1])

    def finish(self) -> None:
        """Write steps.jsonl: called before the record that says the cell has ended."""
        lines = self.lines if leads() else logged_lines(self.partial)
        write_text(self.whole, "".join(lines))
