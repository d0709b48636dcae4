"""The record of a cost cell whose process died."""

from pathlib import Path

from workflow.cells.config import CELLS
from workflow.cells.cost_records import Conditions, CostName, CostRecord
from workflow.cells.records import SplitRecord
from workflow.cells.spec import CostMode, CostSpec
from workflow.console import say
from workflow.endings import Ending
from workflow.provenance import now, provenance


def write_lost(spec: CostSpec, mode: CostMode, split: Path | None, out: Path, ending: Ending, started: str) -> None:
    """Write to `out` that the cell of `spec` ended as `ending` says; `split` is that of a whole training step, None of
    a head alone. The device is what the config asked for; `started` is when the process was."""
    from workflow.measuring.headline import headline  # with numpy, which the supervisor can do without

    record = CostRecord(
        **provenance() | {"start": started},
        finish=now(),
        cell=name_of(spec, mode, split),
        conditions=Conditions(device=spec.measure.device, threads=spec.measure.threads),
        measure=spec.measure.model_dump(mode="json", exclude=CELLS),
        outcome=ending.outcome,
        reason=ending.reason,
    )
    record.write(out)
    say(headline(record))


def name_of(spec: CostSpec, mode: CostMode, split: Path | None) -> CostName:
    """What identifies the cell in the report, from files alone."""
    cell, classes = spec.cell, spec.classes
    if mode == "end-to-end" and split is not None:
        classes = SplitRecord.read(split.with_suffix(".json")).counts["train_classes"]
    return CostName(
        profile=cell.profile,
        label=cell.label,
        head=cell.head,
        ratio=cell.ratio,
        mode=mode,
        classes=classes or 0,
        dim=spec.backbone.dim,
        batch=spec.measure.batch if mode == "head" else spec.train.batch,
        precision="fp32" if mode == "head" else spec.train.precision,
    )
