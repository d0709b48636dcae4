"""What the training cells of a split ask of its images, before the first of them starts: the size of their batches."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from workflow.cells.head_options import kind_name
from workflow.cells.spec import RunSpec
from workflow.cells.train_section import FirstStage


class BatchSpec(BaseModel):
    """The batches of a row: `kind` is a name of the table in heads/kit/batches.py."""

    model_config = ConfigDict(frozen=True, strict=True)

    label: str
    kind: str
    batch: int
    first_stage: FirstStage


def batch_specs(runs: Iterable[RunSpec]) -> list[BatchSpec]:
    """The different batches of training cells; a head whose kind of batch only it knows is left out."""
    found = {
        BatchSpec(label=run.cell.label, kind=kind, batch=run.train.batch, first_stage=run.train.first_stage): None
        for run in runs
        if (kind := kind_name(run.cell.head, run.options))
    }
    return list(found)
