"""One cell from its specification to its records: run.json, steps.jsonl, model.pt."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from heads.kit.ranks import count
from workflow.allocator import keep_freed_memory
from workflow.cells.ending import beginning, ended, parameters_of
from workflow.cells.paths import ENDED, MODEL, RUN, STEPS
from workflow.cells.records import RunRecord, SplitRecord
from workflow.devices import device_name, pick_device
from workflow.files import told, write_text
from workflow.training import sealed
from workflow.training.assembly import Refused
from workflow.training.cell import Cell
from workflow.training.outcome import attempt, ending_of
from workflow.training.processes import command, leads, log
from workflow.training.session import Session
from workflow.training.settings import settle

NO_WEIGHTS = {"backbone": None, "twin": None, "centres": None}


def run(cell: Cell) -> RunRecord:
    """Train `cell`, resuming from its checkpoint if there is one, and write its records; returns the one of run.json.

    Running out of memory, divergence and errors of the head end in a record with that outcome; UserError and a full
    disk are raised, with the checkpoint left in place. Of several processes the first one writes; where they do not end
    well, the first that knows writes a model without weights, and each ends with status 1.
    """
    split = SplitRecord.read(cell.split.with_suffix(".json"))
    record = beginning(cell.spec, split)
    record = record.model_copy(
        update={
            "command": command(record.command),
            "processes": count(),
            "freed_memory_kept": keep_freed_memory(),
            "device": device_name(pick_device(cell.spec.train.device)),
        }
    )
    torch.set_num_threads(cell.spec.train.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        cell, equal = settle(cell, split.counts["train_images"])
        record = record.model_copy(update={"equal": equal} | settled(cell))
        session = Session(cell)
        record = record.model_copy(update={"declared": session.declared(), "initial_weights": session.initial_weights})
    except BaseException as error:
        record = refuse(cell, ended(record, ending_of(error)))
        if not (leads() or isinstance(error, Refused)):
            raise SystemExit(1) from error  # the others may not have met it
        return record
    results: dict[str, Any] = {"model": NO_WEIGHTS, "declared": record.declared}
    ending = attempt(lambda: results.update(trained(session)))
    record = with_progress(record, session).model_copy(update={"declared": results["declared"]})
    if ending.outcome == "ok" or count() == 1:  # of several processes, one that failed is alone
        record = record.model_copy(update={"images_drawn": session.images_drawn()})
    return finish(session, ended(record, ending), results["model"])


def trained(session: Session) -> dict[str, object]:
    """Train to the end; what was learned, and what the head says of itself: what a step compares with may have
    varied."""
    session.train()
    return {"model": session.model(), "declared": session.declared()}


def settled(cell: Cell) -> dict[str, object]:
    """The fields of a record that repeat settings which others may have decided."""
    return {"parameters": parameters_of(cell.spec), "planned_steps": cell.spec.train.steps}


def with_progress(record: RunRecord, session: Session) -> RunRecord:
    """`record` with what is known once training has ended, however it ended."""
    progress = session.trainer.progress
    return record.model_copy(
        update={
            "steps": progress.step,
            "images": session.images(),
            "normalised": session.normalised(),
            "seconds": round(progress.seconds, 3),
            "resumed": session.resumed,
        }
    )


def refuse(cell: Cell, record: RunRecord) -> RunRecord:
    """Write the records of a cell whose head could not be made: it failed before the first step."""
    if leads():
        retract(cell.folder)
        write_text(cell.folder / STEPS, "")
        write(cell.folder, record, NO_WEIGHTS)
    log(record.reason or "")
    return record


def finish(session: Session, record: RunRecord, model: Mapping[str, object]) -> RunRecord:
    """Write model.pt, steps.jsonl and, last, run.json; the checkpoint is no longer needed."""
    folder = session.cell.folder
    alone = count() > 1 and record.outcome != "ok"  # the others may be waiting for this one, or gone
    if first_to_end(folder) if alone else leads():
        retract(folder)
        session.log.finish()
        write(folder, record, model)
        session.close()
    if alone:
        raise SystemExit(1)
    return record


def retract(folder: Path) -> None:
    """Remove the record of an earlier run: what it speaks of is about to be replaced."""
    with told(folder / RUN):
        (folder / RUN).unlink(missing_ok=True)


def write(folder: Path, record: RunRecord, model: Mapping[str, object]) -> None:
    """Write model.pt and then run.json, which says that the cell has ended."""
    sealed.save(folder / MODEL, {**model, "step": record.steps})
    record.write(folder / RUN)


def first_to_end(folder: Path) -> bool:
    """Whether this process is the first of several to say how the cell ended."""
    try:
        os.close(os.open(folder / ENDED, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
