"""However a training cell ends, its record says so: with an outcome and, unless that is ok, a reason."""

from workflow.cells.records import DatasetName, Parameters, RunRecord, SplitRecord
from workflow.cells.spec import RunSpec
from workflow.endings import Ending
from workflow.provenance import now, provenance


def beginning(spec: RunSpec, split: SplitRecord) -> RunRecord:
    """The record of a training cell before it is known what became of it; its device is what the config asked for."""
    return RunRecord.model_validate(
        provenance()
        | {
            "cell": spec.cell,
            "parameters": parameters_of(spec),
            "trial": spec.trial,
            "dataset": DatasetName(name=split.dataset, hash=split.dataset_hash),
            "split_hash": split.hash,
            "evaluation_hash": split.evaluation_hash,
            "device": spec.train.device,
            "precision": spec.train.precision,
            "processes": spec.train.processes,
            "planned_steps": spec.train.steps,
            "outcome": "failed",
        }
    )


def parameters_of(spec: RunSpec) -> Parameters:
    """The settings of a cell as its record repeats them."""
    return Parameters(
        options=spec.options,
        momentum=spec.momentum,
        train=spec.train,
        backbone=spec.backbone,
        data=spec.data,
        origins=spec.origins,
    )


def ended(record: RunRecord, ending: Ending) -> RunRecord:
    """`record` with its ending, as of now."""
    return record.model_copy(update={"outcome": ending.outcome, "reason": ending.reason, "finish": now()})
