"""What a shipped config's summary would hold once all its cells had run. Every number in it is MADE UP."""

import random
from functools import cache
from typing import NamedTuple

import heads
from heads.kit.batches import kind_of
from tests.shipped import shipped
from tests.summary.made_up import cost, timing
from workflow.cells.choices import REFERENCES
from workflow.cells.cost_records import Declares, Floor, Memory
from workflow.cells.ending import parameters_of
from workflow.cells.plan import plan
from workflow.cells.rates import Rates
from workflow.cells.records import Declared, Images, Machine, Record
from workflow.cells.spec import CostSpec, RunSpec
from workflow.measuring import references
from workflow.summary.facts import MachineFacts, SplitFacts
from workflow.summary.stored import CostRow, RunRow, SummaryRecord, row_name
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise
from workflow.summary.vocabulary import Ending, Mode

WHEN = "2026-01-01T00:00:00+00:00"
GIB = 2**30
SCORES = ("verification_hard/accuracy", "verification_hard/auc", "identification/rank1@10000", "closed/rank1")
SCORES += ("allpairs/tar@0.0001", "closed/mean_rank1/many", "closed/mean_rank1/few")


class Drawn(NamedTuple):
    """Training images and classes of a config's split, as drawn once."""

    images: int
    classes: int


SPLITS = {
    "evidence": Drawn(73_085, 20_000),
    "ablations": Drawn(18_267, 5_000),
    "tuned": Drawn(18_267, 5_000),
    "longtail": Drawn(222_704, 20_000),
}


@cache
def finished(name: str, memory_gib: float = 24.0) -> Summary:
    """The summary of config/<name>.yaml, every cell of which ran alone on a machine with so much memory."""
    config, drawn = shipped(name), SPLITS[name]
    planned = plan(config)
    runs = [run_row(planned.runs[folder], drawn) for folder in planned.evaluated]
    tail = config.data.tail or "pareto"
    stored = SummaryRecord(
        profile=name,
        reference="fc",
        collected=Record(start=WHEN),
        split=SplitFacts(
            counts={"train_images": drawn.images, "train_classes": drawn.classes}, settings={"tail": tail}
        ),
        machine=machine(memory_gib),
        runs=[run for run in runs if run.role == "row"],
        others=[run for run in runs if run.role != "row"],
        costs=[cost_row(spec, drawn, memory_gib) for spec in planned.costs.values()],
    )
    return summarise(stored)


def machine(memory_gib: float | None) -> MachineFacts:
    """A machine without a GPU, and with so much memory, or of which that is not known."""
    rates = Rates(gemm_gflops=100.0, copy_gb_s=10.0, threads=1, precision="fp32")
    known = Machine(memory_bytes=int(memory_gib * GIB)) if memory_gib else Machine()
    return MachineFacts(start=WHEN, device="cpu", rates=rates, machine=known)


def run_row(spec: RunSpec, drawn: Drawn) -> RunRow:
    """A training cell that ended well."""
    cell, draw = spec.cell, random.Random(f"{spec.cell}")
    declared = head_cost(spec, spec.train.batch, drawn.classes, spec.backbone.dim)
    batches = str(spec.options.get("loader") or heads.load(cell.head).batches)
    kind = kind_of(batches)
    return RunRow(
        **cell.model_dump(include={"label", "head", "ratio", "seed", "role"}),
        name=row_name(cell.label, cell.ratio),
        outcome=Ending.OK,
        parameters=parameters_of(spec),
        declared=Declared(
            batches=batches,
            kept_bytes=declared.state_bytes,
            batch_classes=kind.classes(spec.train.batch) if kind.even == "all" else None,
        ),
        images=Images(gradient=spec.train.steps * spec.train.batch, encoded=spec.train.steps * spec.train.batch),
        scores={"test": {score: 0.9 + 0.01 * draw.random() for score in SCORES}},
    )


def cost_row(spec: CostSpec, drawn: Drawn, memory_gib: float) -> CostRow:
    """A cost cell: one that would keep more than the machine has does not fit."""
    cell, mode = spec.cell, Mode(spec.mode)
    classes, dim = spec.classes or drawn.classes, spec.backbone.dim
    batch = spec.measure.batch if mode == Mode.HEAD else spec.train.batch
    one = head_cost(spec, batch, classes, dim)
    place = {"label": cell.label, "name": row_name(cell.label, cell.ratio), "classes": classes, "mode": mode}
    place |= {"dim": dim, "batch": batch, "memory": Memory(declared_state_bytes=one.state_bytes)}
    if one.state_bytes + one.working_bytes > memory_gib * GIB:
        return cost(cell.head, cell.ratio, classes, None).model_copy(update=place | {"outcome": Ending.MEMORY})
    head_ms = one.flops / 1e8
    parts = {"backbone": 100.0, "head": head_ms}
    row = timing(cell.head, cell.ratio, head_ms + (0.0 if mode == Mode.HEAD else 100.0), parts_ms=parts)
    place |= {"floor": Floor(flops=one.flops, bytes=one.moved_bytes, state_bytes=one.state_bytes)}
    place |= {"declares": declares(spec, classes, batch, dim), "peak_bytes": one.state_bytes + one.working_bytes}
    return row.model_copy(update=place)


def declares(spec: CostSpec, classes: int, batch: int, dim: int) -> tuple[Declares, ...]:
    """What the head declares at the batch and dimension, then with the batch, the dimension and both doubled."""
    found = []
    for x, y in ((batch, dim), (2 * batch, dim), (batch, 2 * dim), (2 * batch, 2 * dim)):
        one = head_cost(spec, x, classes, y)
        held = one.state_bytes + one.working_bytes
        found.append(Declares(batch=x, dim=y, flops=one.flops, moved_bytes=one.moved_bytes, held_bytes=held))
    return tuple(found)


def head_cost(spec: RunSpec, batch: int, classes: int, dim: int) -> heads.kit.Cost:
    """What the head declares of a step."""
    cell = spec.cell
    if cell.head in REFERENCES:
        return references.load(cell.head).cost(batch, classes, dim, ratio=cell.ratio)
    return heads.load(cell.head).cost(batch, classes, dim, **heads.chosen(cell.head, spec.options, cell.ratio))
