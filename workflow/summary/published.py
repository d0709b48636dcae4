"""A published summary.json: facts and the names of records, whose content is read where it is needed.

It holds what no record beside it does, and test scores, so that another report can be compared with it in a browser.
"""

from collections.abc import Iterable
from pathlib import Path

from pydantic import JsonValue

from workflow.cells.records import SplitRecord
from workflow.cells.spec import PlannedCost, PlannedRun
from workflow.summary.collect import by_role, with_own_data
from workflow.summary.links import relinked
from workflow.summary.rows import cost_row, run_row
from workflow.summary.stored import SCHEMA, CostRow, Row, RunRow, SummaryRecord
from workflow.summary.vocabulary import Mode

NAMES = {"label", "head", "ratio", "name", "record", "outcome", "reason"}
NOWHERE = "missing/run.json"
"""the path of a record that there is not"""
RUN_NAMES, COST_NAMES = {*NAMES, "seed", "role"}, {*NAMES, "mode", "classes"}


def slim(stored: SummaryRecord) -> JsonValue:
    """The summary without what its records hold; their paths are relative already."""
    update = {
        "published": True,
        "runs": [slim_run(row) for row in stored.runs],
        "others": [slim_run(row) for row in stored.others],
        "costs": [kept(row, COST_NAMES) for row in stored.costs],
        "resampled": {},
    }
    content: dict[str, JsonValue] = stored.model_copy(update=update).model_dump(
        mode="json", by_alias=True, exclude_defaults=True
    )
    return {"schema": SCHEMA, **content}


def slim_run(row: RunRow) -> Row:
    """A run's names and test scores."""
    test = {"scores": {"test": row.scores["test"]}} if "test" in row.scores else {}
    return kept(row, RUN_NAMES).model_copy(update=test)


def kept(row: Row, names: set[str]) -> Row:
    """A row of which only some fields are not at their default; all of one that left no record."""
    return row if row.record is None else type(row).model_validate(row.model_dump(include=names))


def filled(stored: SummaryRecord, folder: Path) -> SummaryRecord:
    """A published summary with all that the records in its `folder` hold."""
    stored = relinked(stored, lambda path: (folder / path).as_posix())
    split = SplitRecord.read(Path(stored.split.record)) if stored.split.record else None
    runs = with_own_data(run_rows((*stored.runs, *stored.others)), split, folder)
    costs = [cost_row(planned_cost(row)) if row.record else row for row in stored.costs]
    return stored.model_copy(update={"published": False, "costs": costs, **by_role(runs, stored.reference or "")})


def run_rows(rows: Iterable[RunRow]) -> list[RunRow]:
    """The rows of runs, from their records."""
    return [run_row(planned_run(row)) if row.record else row for row in rows]


def planned_run(row: RunRow) -> PlannedRun:
    """The training cell of a row that left a record."""
    named = row.model_dump(include={"label", "head", "ratio", "seed", "role"})
    return PlannedRun(**named, folder=Path(row.record or NOWHERE).parent.as_posix())


def planned_cost(row: CostRow) -> PlannedCost:
    """The cost cell of a row that left a record."""
    named = row.model_dump(mode="json", include={"label", "head", "ratio", "mode"})
    classes = None if row.mode == Mode.WHOLE else row.classes
    return PlannedCost(**named, classes=classes, record=row.record or NOWHERE)
