"""The records of a training cell whose processes died without leaving any. Needs no torch."""

import json
from pathlib import Path

from workflow.cells.ending import beginning, ended
from workflow.cells.paths import MODEL, PARTIAL_STEPS, RUN, STEPS
from workflow.cells.records import SplitRecord
from workflow.cells.spec import RunSpec
from workflow.endings import Ending
from workflow.files import write_text


def write_lost(spec: RunSpec, split: Path, folder: Path, ending: Ending, started: str) -> None:
    """Write run.json with `ending`, the steps logged so far, and a model.pt that holds nothing; `started` is when the
    processes were.

    The checkpoint stays: the same command, run again, continues from there.
    """
    lines = logged_lines(folder / PARTIAL_STEPS)
    write_text(folder / MODEL, "")
    write_text(folder / STEPS, "".join(lines))
    last = json.loads(lines[-1]) if lines else {"step": 0, "seconds": None}
    record = beginning(spec, SplitRecord.read(split.with_suffix(".json")))
    record = record.model_copy(update={"start": started, "steps": last["step"], "seconds": last["seconds"]})
    ended(record, ending).write(folder / RUN)


def logged_lines(path: Path) -> list[str]:
    """The whole lines of a partial step log, whose writer may have been killed: none without a file."""
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True) if path.exists() else []:
        try:
            json.loads(line)
        except json.JSONDecodeError:
            break
        found.append(line)
    return found
