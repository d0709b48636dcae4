"""The runs of the heads' benchmark that are published: heads alone, measured in processes of their own."""

from collections.abc import Iterator
from pathlib import Path

from workflow.files import read_json
from workflow.measuring.synthetic import ROTATION
from workflow.planner.held import Case, Row, declared
from workflow.planner.known import Cell
from workflow.summary.costs import PROCESS
from workflow.summary.stored import CostRow, Quantiles
from workflow.summary.vocabulary import Ending, Mode

PATTERN = "*/heads-bench-*.json"
"""within the folder of what is published"""


def cells(path: Path) -> Iterator[Cell]:
    """The rows of one run, each under a name of its own."""
    for row in read_json(path)["rows"]:
        place = {name: row[name] for name in ("name", "head", "ratio", "classes", "dim", "batch")}
        timed = Quantiles(median=row["ours"]["median_ms"])
        found = CostRow.model_validate(
            {**place, "label": row["name"], "mode": Mode.HEAD, "outcome": Ending.OK, "device": "cpu", "step_ms": timed}
        )
        case = Case(row["classes"], row["dim"], row["batch"], 1, "cpu", None)
        cost = declared(Row(row["name"], row["head"], row["ratio"], row["options"]), case)
        yield Cell(found, cost, row["ours"]["peak_bytes"] - batches_bytes(row["batch"], row["dim"]), PROCESS)


def batches_bytes(batch: int, dim: int) -> int:
    """Bytes of the batches that a run of the benchmark holds beside the head, two views each."""
    return ROTATION * 2 * batch * dim * 4
