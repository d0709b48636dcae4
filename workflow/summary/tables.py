"""The tidy tables of a summary, made from its stored rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from workflow.cells.cost_records import Floor, Memory, Nvml
from workflow.cells.records import Images, Part
from workflow.summary.stored import CostRow, Quantiles, RunRow, SummaryRecord, Upkeep
from workflow.summary.summary import Line, Summary
from workflow.summary.vocabulary import UNEXPLAINED, Ending, ending_text

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
    *("exclusive", "other_load_cores", "attempts", "device", "finish", "samples"),
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
    *("mode", "peak_meter", "floor.precision", "floor.note", "nvml.energy_meter"),
}
COUNTS: Final = {
    *("seed", "steps", "planned_steps", "processes", "resumed", "step", "planned", "done", "classes", "dim", "batch"),
    *("attempts", "samples", "upkeep.every_steps", "peak_bytes", "floor.flops", "floor.bytes", "floor.state_bytes"),
    *(f"memory.{name}" for name in Memory.model_fields),
}
TRUTHS: Final = {"exclusive", "reference"}


def summarise(stored: SummaryRecord) -> Summary:
    """The summary with all its tables."""
    runs = stored.runs
    run_table = table([run_line(run) for run in runs], RUN)
    first = speaking(run_table)
    speakers = [runs[place] for place in first.index]
    return Summary(
        stored=stored,
        runs=run_table,
        scores=table([line for run in runs for line in score_lines(run)], SCORE),
        progress=table([line for run in runs for line in progress_lines(run)], PROGRESS),
        curves=table([line for run in runs for line in curve_lines(run)], CURVE),
        costs=cost_table(stored.costs),
        heads=head_table(run_table, first, stored.reference),
        declared={run.name: run.declared for run in speakers if run.declared},
        parameters={run.name: run.parameters for run in speakers if run.parameters},
    )


def table(rows: Sequence[Line], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a table with a type for every column, even where there is no row."""
    return typed(pd.DataFrame(list(rows), columns=list(columns)), columns)


def typed(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table with the type of every column."""
    return frame.astype({name: kind_of(name) for name in columns})


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
        return ending_text(run.outcome, run.reason)
    note = run.notes.get(score) or UNEXPLAINED
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
    line: Line = cost.model_dump(mode="json", exclude={*NESTED, "parts_ms", "machine", "declares", "shares_classes"})
    for group in NESTED:
        line |= {f"{group}.{name}": value for name, value in getattr(cost, group).model_dump().items()}
    return line | {f"parts_ms.{part}": value for part, value in (cost.parts_ms or {}).items()}


def speaking(runs: pd.DataFrame) -> pd.DataFrame:
    """The run that speaks for each row, in planned order: the first that ended well, else the first."""
    good_first = runs.loc[(runs["outcome"] != Ending.OK).sort_values(kind="stable").index].drop_duplicates("name")
    planned = runs["name"].drop_duplicates().tolist()
    return good_first.sort_values("name", key=lambda names: names.map(planned.index))


def head_table(runs: pd.DataFrame, first: pd.DataFrame, reference: str | None) -> pd.DataFrame:
    """The rows of the main table before scores and costs, from all runs and those that speak for their rows."""
    names, steps = first["name"], first["steps"].where(first["steps"] > 0)
    done = runs.loc[runs["outcome"] == Ending.OK, "name"].value_counts()
    found = first[["name", "label", "head", "ratio"]].assign(
        reference=names == reference,
        planned=names.map(runs["name"].value_counts()),
        done=names.map(done).fillna(0),
        images_per_step_gradient=first["images_gradient"] / steps,
        images_per_step_encoded=first["images_encoded"] / steps,
    )
    return typed(found.reset_index(drop=True), HEAD)
