"""The records of a training cell whose processes died without leaving any. Needs no torch."""

import json
from pathlib import Path

from workflow.cells.ending import Ending, beginning, ended
from workflow.cells.paths import MODEL, RUN, STEPS
from workflow.cells.records import SplitRecord
from workflow.cells.spec import RunSpec
from workflow.files import atomic


def write_lost(spec: RunSpec, split: Path, folder: Path, ending: Ending) -> None:
    """Write run.json with `ending`, the steps logged so far, and a model.pt that holds nothing.

    The checkpoint stays: the same command, run again, continues from there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / "steps.partial.jsonl"
    lines = partial.read_text(encoding="utf-8").splitlines(keepends=True) if partial.exists() else []
    whole = [line for line in lines if line.endswith("\n")]
    for name, text in ((MODEL, ""), (STEPS, "".join(whole))):
        with atomic(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    last = json.loads(whole[-1]) if whole else {"step": 0, "seconds": 0.0}
    record = beginning(spec, SplitRecord.read(split.with_suffix(".json")))
    record = record.model_copy(update={"steps": last["step"], "seconds": last["seconds"]})
    ended(record, ending).write(folder / RUN)
