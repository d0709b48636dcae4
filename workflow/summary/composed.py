"""The composed step of every row of a summary: its coefficients, and a table of what they give at a few sizes."""

from collections.abc import Iterable, Sequence

import pandas as pd

from workflow.cells.choices import REFERENCES
from workflow.summary.costs import in_training
from workflow.summary.growth import Curve, Point, Range
from workflow.summary.step_model import Alone, Coefficients, Model, Rest, Setting, step_ms
from workflow.summary.stored import CostRow
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Mode
from workflow.summary.work import work_of

LADDER = (10_000, 100_000, 1_000_000, 10_000_000)
"""numbers of classes that the report shows"""
ONE_SIZE = "the head alone was measured at one number of classes, from which nothing is extrapolated"
COLUMNS = (
    *("name", "plain", "exclusive", "classes", "outcome", "missing", "missing_bytes", "basis", "bytes_basis"),
    *("step_ms", "step_ms_low", "step_ms_high"),
    *("images_per_second", "images_per_second_low", "images_per_second_high", "bytes", "bytes_low", "bytes_high"),
)
"""of the table `composed`"""


def coefficients(summary: Summary) -> Coefficients:
    """The model of every row that has cost cells, in the order in which they were planned, plain references last."""
    costs = [cost for cost in summary.stored.costs if cost.outcome == Ending.OK]
    names = dict.fromkeys([*summary.heads["name"], *(cost.name for cost in summary.stored.costs)])
    whole = wholes(summary, costs)
    models = tuple(model(name, summary, costs, whole) for name in names)
    step = next(iter(whole.values()), None)
    first = rest_of(step) if step else None
    return Coefficients(
        reference=summary.reference,
        device=summary.facts.cost_device,
        batch=round(first.images) if first else None,
        dim=step.dim if step else None,
        classes=summary.facts.split.counts.get("train_classes"),
        rows=tuple(sorted((each for each in models if each), key=lambda each: each.plain)),
    )


def wholes(summary: Summary, costs: Iterable[CostRow]) -> dict[str, CostRow]:
    """The end-to-end cost of every row that has a good one, nearest to the training set's classes."""
    at = in_training(summary)["classes"]
    return {cost.name: cost for cost in costs if cost.mode == Mode.WHOLE and at.get(cost.name) == cost.classes}


def model(name: str, summary: Summary, costs: Sequence[CostRow], whole: dict[str, CostRow]) -> Model | None:
    """The model of one row; None of a row for which no cost was planned."""
    planned = next((cost for cost in summary.stored.costs if cost.name == name), None)
    if planned is None:
        return None
    plain = planned.head in REFERENCES
    step = whole.get(summary.reference or "" if plain else name)
    heads = [cost for cost in costs if cost.name == name and cost.mode == Mode.HEAD]
    rest, alone = rest_of(step) if step else None, alone_of(heads, summary)
    used = [*heads, *([step] if step else [])]
    found = Model(
        **planned.model_dump(include={"name", "label", "head", "ratio"}),
        plain=plain,
        exclusive=bool(used) and all(cost.exclusive for cost in used),
        rest=rest,
        alone=alone,
        missing=lacking(rest, alone),
        missing_bytes=lacking_bytes(rest, alone),
        sends=None if plain or step is None else step.sends,
    )
    return found if plain or step is None else found.model_copy(update={"check": check(found, step)})


def lacking(rest: Rest | None, alone: Alone | None) -> str | None:
    """Why the step time cannot be composed."""
    if rest is None:
        return "no whole training step was measured part by part"
    return None if alone and alone.ms else "the head alone was not measured"


def lacking_bytes(rest: Rest | None, alone: Alone | None) -> str | None:
    """Why the memory of the step cannot be composed."""
    if rest is None or rest.bytes is None:
        return "the memory of a whole training step was not measured"
    return None if alone and alone.bytes else "the memory of the head alone was not measured"


def rest_of(step: CostRow) -> Rest | None:
    """The step without its head: by the head's share of the sum of all parts, without periodic work; the interval is
    that of the whole step. Its memory is the whole peak without the state that the head declares."""
    parts, steps, images = step.parts_ms or {}, step.step_ms, step.images_per_second.gradient
    if not sum(parts.values()) or steps.median is None or images is None:
        return None
    share, periodic = 1 - parts.get("head", 0.0) / sum(parts.values()), step.upkeep.ms_per_step or 0.0
    ms, low, high = (share * ((each or steps.median) - periodic) for each in (steps.median, steps.p10, steps.p90))
    state, peak = step.memory.declared_state_bytes or 0, step.peak_bytes
    rest = None if peak is None else max(peak - state, 0)
    return Rest(row=step.name, images=round(images * steps.median / 1000, 6), ms=ms, low=low, high=high, bytes=rest)


def alone_of(heads: Sequence[CostRow], summary: Summary) -> Alone | None:
    """What was measured of a head alone, at the batch and dimension of its largest size; None of nothing."""
    if not heads:
        return None
    largest = max(heads, key=lambda cost: cost.classes)
    same = [cost for cost in heads if (cost.batch, cost.dim) == (largest.batch, largest.dim)]
    return Alone(
        batch=largest.batch or 1,
        dim=largest.dim or 1,
        ms=Curve.through(Point(cost.classes, steps_of(cost)) for cost in same),
        bytes=Curve.through(Point(cost.classes, bytes_of(cost), held(cost)) for cost in same),
        work=work_of(largest, summary.facts.machine),
        shares_classes=bool(largest.shares_classes),
    )


def steps_of(cost: CostRow) -> Range:
    """The step time of a cost cell; zero where there is none."""
    steps = cost.step_ms
    median = steps.median or 0.0
    return Range(median, steps.p10 or median, steps.p90 or median)


def bytes_of(cost: CostRow) -> Range:
    """The peak of a cost cell, which has no interval; zero where there is none."""
    peak = float(cost.peak_bytes or 0)
    return Range(peak, peak, peak)


def held(cost: CostRow) -> float | None:
    """What the head declares to hold at once; its state where an older record says no more."""
    return cost.declares[0].held_bytes if cost.declares else cost.floor.state_bytes


def check(found: Model, step: CostRow) -> float | None:
    """The composed step over the measured one, where the whole step was measured."""
    if found.rest is None or found.alone is None or not step.step_ms.median:
        return None
    images, dim = round(found.rest.images), step.dim or found.alone.dim
    composed = step_ms(found.rest, found.alone, Setting(step.classes, images, dim))
    return composed and composed.value / step.step_ms.median


def composed(summary: Summary, ladder: Sequence[int] = LADDER) -> pd.DataFrame:
    """A line a row and number of classes, at the batch and dimension of this run; its columns are COLUMNS.

    `outcome` is of the head alone there, None where it was not tried. Numbers that cannot be composed are NaN, and
    `missing` and `missing_bytes` say why. The bases are those of the step time and of the bytes (see growth.Basis).
    """
    found = coefficients(summary)
    tried = {(cost.name, cost.classes): str(cost.outcome) for cost in summary.stored.costs if cost.mode == Mode.HEAD}
    rows = [line(row, found, classes, tried.get((row.name, classes))) for row in found.rows for classes in ladder]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def line(row: Model, found: Coefficients, classes: int, outcome: str | None) -> dict[str, object]:
    """One line of `composed`."""
    step = row.at(Setting(classes, found.batch or 1, found.dim or 1))
    shown: dict[str, object] = {"name": row.name, "plain": row.plain, "exclusive": row.exclusive, "classes": classes}
    shown |= {"outcome": outcome}
    if step.ms:
        rates = Range(*(1000 * (found.batch or 1) / ms for ms in (step.ms.value, step.ms.high, step.ms.low)))
        shown |= {"basis": step.ms_basis, **columns("step_ms", step.ms), **columns("images_per_second", rates)}
    else:
        shown |= {"missing": row.missing or ONE_SIZE}
    if step.bytes:
        return shown | {"bytes_basis": step.bytes_basis, **columns("bytes", step.bytes)}
    return shown | {"missing_bytes": row.missing_bytes or ONE_SIZE}


def columns(name: str, found: Range) -> dict[str, object]:
    """The three columns of a number with its interval."""
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
