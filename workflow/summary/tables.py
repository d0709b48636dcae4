"""The tidy tables of a summary, made from its stored rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from workflow.cells.records import Floor, Images, Memory, Nvml, Part
from workflow.summary.stored import CostRow, Quantiles, RunRow, SummaryRecord, Upkeep
from workflow.summary.summary import Line, Summary
from workflow.summary.vocabulary import Ending

PLACE: Final = ("name", "label", "head", "ratio", "seed")
RUN: Final = (
    *(*PLACE, "outcome", "reason", "record", "backbone", "steps", "planned_steps", "seconds"),
    *("images_gradient", "images_encoded", "exclusive", "device", "processes", "precision", "resumed"),
    *("initial_weights", "protocol", "split_hash", "evaluated_split", "command", "commit", "start", "finish"),
)
SCORE: Final = (*PLACE, "part", "score", "value", "reason")
PROGRESS: Final = (*PLACE, "step", "images", "encoded", "seconds", "loss", "lr", "score", "value")
CURVE: Final = (*PLACE, "curve", "x", "y", "n")
HEAD: Final = (
    *("name", "label", "head", "ratio", "reference", "planned", "done"),
    *("images_per_step_gradient", "images_per_step_encoded"),
)
COST: Final = (
    *("mode", "label", "head", "classes", "ratio", "name", "record", "dim", "batch", "precision", "outcome", "reason"),
    *("exclusive", "other_load_cores", "device", "finish", "samples"),
)
NESTED: Final[Mapping[str, type[Part]]] = {
    "step_ms": Quantiles,
    "upkeep": Upkeep,
    "images_per_second": Images,
    "memory": Memory,
    "nvml": Nvml,
    "floor": Floor,
}
PARTS: Final = ("loader", "backbone", "twin", "head", "other")
TEXTS: Final = {
    *("name", "label", "head", "outcome", "reason", "record", "backbone", "device", "precision", "initial_weights"),
    *("protocol", "split_hash", "evaluated_split", "command", "commit", "start", "finish", "part", "score", "curve"),
    *("mode", "peak_meter", "floor.precision", "floor.note"),
}
COUNTS: Final = {
    *("seed", "steps", "planned_steps", "processes", "resumed", "step", "planned", "done", "classes", "dim", "batch"),
    *("samples", "upkeep.every_steps", "peak_bytes", "floor.flops", "floor.bytes", "floor.state_bytes"),
    *(f"memory.{name}" for name in Memory.model_fields),
}
TRUTHS: Final = {"exclusive", "reference"}


def summarise(stored: SummaryRecord) -> Summary:
    """The summary with all its tables."""
    runs = stored.runs
    groups = by_name(runs)
    firsts = {name: first_of(group) for name, group in groups.items()}
    return Summary(
        stored=stored,
        runs=table([run_line(run) for run in runs], RUN),
        scores=table([line for run in runs for line in score_lines(run)], SCORE),
        progress=table([line for run in runs for line in progress_lines(run)], PROGRESS),
        curves=table([line for run in runs for line in curve_lines(run)], CURVE),
        costs=cost_table(stored.costs),
        heads=table([head_line(group, stored.reference) for group in groups.values()], HEAD),
        declared={name: run.declared for name, run in firsts.items() if run.declared},
        parameters={name: run.parameters for name, run in firsts.items() if run.parameters},
    )


def table(rows: Sequence[Line], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a table with a type for every column, even where there is no row."""
    return pd.DataFrame(list(rows), columns=list(columns)).astype({name: kind_of(name) for name in columns})


def kind_of(column: str) -> str:
    """The pandas type of a column, one that can be unmeasured."""
    if column in TEXTS:
        return "object"
    return "Int64" if column in COUNTS else "boolean" if column in TRUTHS else "float64"


def place(run: RunRow) -> Line:
    """Which run a line belongs to."""
    return {"name": run.name, "label": run.label, "head": run.head, "ratio": run.ratio, "seed": run.seed}


def run_line(run: RunRow) -> Line:
    """The facts of a run, without its scores and curves."""
    images = run.images or Images()
    facts: Line = run.model_dump(mode="json", include=set(RUN))
    return {**facts, "images_gradient": images.gradient, "images_encoded": images.encoded}


def score_lines(run: RunRow) -> Iterator[Line]:
    """A line for every score that the evaluation lists, measured or not."""
    for part, scores in run.scores.items():
        for score, value in scores.items():
            reason = reason_of(run, part, score) if value is None else None
            yield {**place(run), "part": part, "score": score, "value": value, "reason": reason}


def reason_of(run: RunRow, part: str, score: str) -> str:
    """Why a score of a run is null; of a note on both parts ("validation: ...; test: ...") only the part's own."""
    if run.outcome != Ending.OK:
        return f"{run.outcome}: {run.reason or 'no reason recorded'}"
    note = run.notes.get(score) or "the evaluation recorded no reason"
    own = re.search(rf"(?:^|; ){part}: (.*?)(?:; (?:validation|test): |$)", note)
    return own[1] if own else note


def progress_lines(run: RunRow) -> Iterator[Line]:
    """A line for every loss and every validation score; where a line counts no encoded images, the run's share does."""
    share = run.images.encoded / run.images.gradient if run.images and run.images.gradient and run.images.encoded else 1
    for entry in run.progress:
        spot: Line = {**place(run), "step": entry.step, "images": entry.images, "seconds": entry.seconds}
        spot["encoded"] = entry.images * share if entry.encoded is None else entry.encoded
        if entry.loss is not None:
            yield {**spot, "loss": entry.loss, "lr": entry.lr}
        yield from ({**spot, "score": score, "value": value} for score, value in entry.validation.items())


def curve_lines(run: RunRow) -> Iterator[Line]:
    """A line for every point; points of three numbers are (x, n, y)."""
    for curve, points in run.curves.items():
        for x, *n, y in points:
            yield {**place(run), "curve": curve, "x": x, "y": y, "n": n[0] if n else None}


def cost_table(costs: Sequence[CostRow]) -> pd.DataFrame:
    """Cost rows with nested numbers as dotted columns; a part of a step that any record names is a column."""
    rows = [cost_line(cost) for cost in costs]
    found = dict.fromkeys(name for row in rows for name in row if name.startswith("parts_ms."))
    parts = found or [f"parts_ms.{part}" for part in PARTS]
    nested = {group: [f"{group}.{name}" for name in kind.model_fields] for group, kind in NESTED.items()}
    return table(
        rows,
        [
            *(*COST, *nested["step_ms"], *nested["upkeep"], *nested["images_per_second"], *parts),
            *(*nested["memory"], "peak_bytes", "peak_meter", *nested["nvml"], *nested["floor"], "floor_share"),
        ],
    )


def cost_line(cost: CostRow) -> Line:
    """One cost row with nested numbers as dotted names."""
    line: Line = cost.model_dump(mode="json", exclude={*NESTED, "parts_ms", "machine"})
    for group in NESTED:
        line |= {f"{group}.{name}": value for name, value in getattr(cost, group).model_dump().items()}
    return line | {f"parts_ms.{part}": value for part, value in (cost.parts_ms or {}).items()}


def by_name(runs: Sequence[RunRow]) -> Mapping[str, list[RunRow]]:
    """Runs gathered by row name, in planned order."""
    groups: dict[str, list[RunRow]] = {}
    for run in runs:
        groups.setdefault(run.name, []).append(run)
    return groups


def first_of(runs: Sequence[RunRow]) -> RunRow:
    """The run that speaks for its row: the first that ended well, else the first."""
    return next((run for run in runs if run.outcome == Ending.OK), runs[0])


def head_line(runs: Sequence[RunRow], reference: str | None) -> Line:
    """One row of the main table before scores and costs."""
    first = first_of(runs)
    line: Line = {"name": first.name, "label": first.label, "head": first.head, "ratio": first.ratio}
    line |= {"reference": first.name == reference, "planned": len(runs)}
    line["done"] = sum(run.outcome == Ending.OK for run in runs)
    images, steps = first.images or Images(), first.steps
    for kind in ("gradient", "encoded"):
        count = getattr(images, kind)
        line[f"images_per_step_{kind}"] = count / steps if steps and count is not None else None
    return line
