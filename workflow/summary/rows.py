"""The row of one planned cell, from the records that it left; `outcome` is MISSING where it left none."""

from pathlib import Path

from pydantic import ValidationError

from workflow.cells.cost_records import CostRecord
from workflow.cells.paths import EVALUATION, RUN, STEPS
from workflow.cells.records import EvaluationRecord, Record, RunRecord
from workflow.cells.spec import PlannedCost, PlannedRun
from workflow.cells.step_lines import step_lines
from workflow.errors import UserError
from workflow.summary.costs import measured
from workflow.summary.stored import CostRow, ProgressLine, RunRow, Written, row_name
from workflow.summary.vocabulary import NO_REASON, Ending

ASKED = ("auto", "cuda")
"""how devices begin that a config asks for: all that the record of a cell knows whose process died before it had one"""
NOT_RUN = "no record: this cell was planned and not run"
NOT_EVALUATED = "trained, but evaluation.json does not exist: run the evaluation of this cell"


def run_row(cell: PlannedRun) -> RunRow:
    """The row of a training cell: what run.json, steps.jsonl and evaluation.json in its folder say."""
    folder = Path(cell.folder)
    path = folder / RUN
    place: dict[str, object] = {**cell.model_dump(exclude={"folder"}), "name": row_name(cell.label, cell.ratio)}
    if not path.exists():
        return RunRow.model_validate({**place, "outcome": Ending.MISSING, "reason": NOT_RUN})
    run, evaluated = RunRecord.read(path), folder / EVALUATION
    shared = (set(RunRow.model_fields) & set(RunRecord.model_fields)) - {"cell"}
    facts = {name: getattr(run, name) for name in shared}
    facts["device"] = known(run.device)
    place |= {"head": run.cell.head, "backbone": run.cell.backbone, "record": path.as_posix()}
    scores = scored(run, EvaluationRecord.read(evaluated) if evaluated.exists() else None, evaluated)
    progress = progress_lines(folder / STEPS)
    return RunRow.model_validate({**place, **facts, **scores, "progress": progress})


def known(device: str) -> str | None:
    """The device that a cell ran on; None where its record has only what was asked for."""
    return None if device.startswith(ASKED) else device


def scored(run: RunRecord, evaluation: EvaluationRecord | None, path: Path) -> dict[str, object]:
    """The score fields of a run, whose evaluation lies at `path`; one that trained but has none counts as missing."""
    if evaluation is None and run.outcome == "ok":
        return {"outcome": Ending.MISSING, "reason": NOT_EVALUATED}
    if evaluation is None:
        return {"reason": run.reason or NO_REASON}
    return {
        "protocol": evaluation.protocol,
        "evaluated_split": evaluation.split_hash,
        "counts": evaluation.counts,
        "scores": {"validation": evaluation.validation, "test": evaluation.test},
        "notes": evaluation.notes,
        "curves": evaluation.curves,
        "evaluation": Written(**evaluation.model_dump(include=set(Record.model_fields)), record=path.as_posix()),
    }


def progress_lines(path: Path) -> list[ProgressLine]:
    """The lines of a steps.jsonl; none without the file. UserError where it holds something else."""
    try:
        return [ProgressLine.model_validate(line) for line in step_lines(path)]
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        raise UserError(f"{path} is no step log ({found['loc'][0]}: {found['msg']}): train the cell again") from error


def cost_row(cell: PlannedCost, train_classes: int | None = None) -> CostRow:
    """The row of a cost cell. `train_classes` stands in for the classes of an end-to-end cell without a record."""
    path = Path(cell.record)
    place: dict[str, object] = {**cell.model_dump(exclude={"record"}), "name": row_name(cell.label, cell.ratio)}
    if not path.exists():
        lost = {"outcome": Ending.MISSING, "reason": NOT_RUN, "classes": cell.classes or train_classes or 0}
        return CostRow.model_validate({**place, **lost})
    record = CostRecord.read(path)
    place |= {name: getattr(record.cell, name) for name in ("head", "classes", "dim", "batch", "precision")}
    shared = {*Record.model_fields, "outcome", "reason", "exclusive", "other_load_cores", "idle_load_cores"}
    shared |= {"stopped", "declares", "shares_classes", "sends"}
    place |= {name: getattr(record, name) for name in shared} | {"attempts": len(record.attempts) or None}
    place |= {"record": path.as_posix(), "device": known(record.conditions.device)}
    return CostRow.model_validate({**place, **measured(record)})
