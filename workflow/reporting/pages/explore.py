"""Accuracy against cost in a setting of the reader's own: what the page's script computes with, and what stands there
without it. The model is that of workflow/summary/step_model.py; the script evaluates the same coefficients."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import pandas as pd
from pydantic import JsonValue, TypeAdapter

from workflow.evaluating.metrics import HEADLINE
from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Explorer, Notes, Table, missing, table
from workflow.reporting.cost_words import device_of
from workflow.reporting.material import Material
from workflow.reporting.palette import styles
from workflow.reporting.words import classes_words, metric, number, size
from workflow.summary.composed import ONE_SIZE, coefficients
from workflow.summary.growth import Range
from workflow.summary.samples import hardest
from workflow.summary.statistics import compare
from workflow.summary.step_model import Coefficients, Composed, Model, Setting
from workflow.summary.summary import Summary

COLUMNS = (
    Column("Head", numeric=False, weight=1.6),
    Column("Accuracy", unit="%"),
    Column("Images/s", unit="with gradient"),
    Column("Step", unit="ms"),
    Column("Memory", unit="of a process", raw="bytes"),
    Column("Rests on", numeric=False, weight=1.6),
)


@dataclass(frozen=True)
class Scored:
    """A score of a row over its seeds, in percent."""

    mean: float
    low: float | None
    high: float | None
    n: int


def explorer(material: Material) -> Explorer | None:
    """The chooser with its table; None where no cost was measured."""
    found = coefficients(material.summary)
    if not any(row.rest and row.alone for row in found.rows):
        return None
    return Explorer(data(material, found), static_table(material, found))


def data(material: Material, found: Coefficients) -> dict[str, JsonValue]:
    """Coefficients, scores, looks of the rows, and the run that the scores are from."""
    summary = material.summary
    scores = [hardest(summary, score) for score in HEADLINE]
    looks = styles(summary.heads)
    counts = summary.facts.split.counts
    content = {
        "coefficients": found.model_dump(mode="json"),
        "scores": [
            {"name": score, "label": metric(score).short, "rows": accuracies(summary, score)} for score in scores
        ],
        "oneSize": ONE_SIZE,
        "looks": {name: {**asdict(looks[name]), "records": anchor("evaluation", name)} for name in material.names},
        "run": {
            "classes": counts.get("train_classes"),
            "singletons": counts.get("singletons"),
            "largest": largest(found),
            "device": found.device or device_of(summary),
        },
    }
    return TypeAdapter(dict[str, JsonValue]).validate_python(TypeAdapter(object).dump_python(content, mode="json"))


def largest(found: Coefficients) -> int | None:
    """The most classes that any head alone was timed at."""
    return max((row.alone.ms.classes[-1] for row in found.rows if row.alone and row.alone.ms), default=None)


def accuracies(summary: Summary, score: str) -> Mapping[str, Scored]:
    """Every row's score in percent, with the interval of its mean."""
    lines = compare(summary, score)
    return {str(name): scored(lines.loc[name]) for name in lines.index[lines["n"] > 0]}


def scored(line: pd.Series) -> Scored:
    """A line of `compare` in percent."""
    low, high = (None if pd.isna(line[end]) else 100 * float(line[end]) for end in ("low", "high"))
    return Scored(100 * float(line["mean"]), low, high, int(line["n"]))


def static_table(material: Material, found: Coefficients) -> Table:
    """The same table at the training set's number of classes."""
    setting = Setting(found.classes or largest(found) or 1, found.batch or 1, found.dim or 1)
    score = hardest(material.summary, HEADLINE[0])
    shares, notes = accuracies(material.summary, score), Notes()
    rows = [line(material, row, row.at(setting), shares.get(row.name), found, notes) for row in found.rows]
    where = f"{classes_words(int(setting.classes))}, batch {setting.batch}, dimension {setting.dim}, one process"
    caption = f"Accuracy ({metric(score).short}) and the composed cost of a whole training step: {where}"
    return table("explorer", caption, COLUMNS, rows, notes)


def line(
    material: Material, row: Model, step: Composed, score: Scored | None, found: Coefficients, notes: Notes
) -> list[Cell]:
    """One row in one setting."""
    cost = anchor("composed", row.name)
    rate = Range(*(1000 * (found.batch or 1) / ms for ms in step.ms)) if step.ms else None
    lacking, why = row.missing_bytes or ONE_SIZE, row.missing or ONE_SIZE
    return [
        material.head_cell(row.name),
        accuracy_cell(row, score, notes),
        Cell(number(rate.value), sort=rate.value, records=cost) if rate else missing(notes, why),
        Cell(number(step.ms.value), sort=step.ms.value, records=cost) if step.ms else missing(notes, why),
        Cell(size(step.bytes.value), sort=step.bytes.value, records=cost) if step.bytes else missing(notes, lacking),
        Cell(basis_words(row, step), tone="quiet"),
    ]


def accuracy_cell(row: Model, score: Scored | None, notes: Notes) -> Cell:
    """The score of a row, over half of its interval."""
    if score is None:
        return missing(notes, "a cost reference, which no run trains" if row.plain else "no good run has this score")
    half = "" if score.high is None else f"± {score.high - score.mean:.1f}"
    return Cell(f"{score.mean:.1f}", sub=half, sort=score.mean, records=anchor("evaluation", row.name))


def basis_words(row: Model, step: Composed) -> str:
    """What the cost rests on."""
    if step.ms_basis is None:
        return "not measured"
    return step.ms_basis if row.exclusive else f"{step.ms_basis}, disturbed"
