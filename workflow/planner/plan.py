"""A plan: every row's memory, limits, time and traffic, and how far each kind of number can be believed."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import heads
from heads.kit import Wire, kind_of
from workflow.planner import memory, times
from workflow.planner.asking import Question
from workflow.planner.counted import Counted, count
from workflow.planner.held import Case, Held, Row, declared, held
from workflow.planner.known import Known, known
from workflow.planner.limits import Change, changes, most_classes
from workflow.planner.rows import rows
from workflow.planner.times import Timed
from workflow.summary.growth import Range
from workflow.summary.step_model import Model, Rest


class Line(NamedTuple):
    """What a row takes; None for what is not known. `refused` says why the head takes no such sizes."""

    row: Row
    held: Held | None
    fits: bool | None
    most_classes: int | None
    changes: Sequence[Change]
    timed: Timed
    images_per_second: Range | None
    sent: float | None
    """bytes that each GPU sends in a step"""
    refused: str | None = None


class Plan(NamedTuple):
    """The answer to a question."""

    question: Question
    case: Case
    known: Known | None
    counted: Counted | None
    lines: Sequence[Line]
    memory: Sequence[memory.Missed]
    times: Sequence[memory.Missed]


class Terms(NamedTuple):
    """What all rows of a plan share."""

    question: Question
    known: Known | None
    counted: Counted | None


def plan(question: Question) -> Plan:
    """Answer. UserError where the machine or the backbone does not exist."""
    records = known(question.machine) if question.machine else None
    counted = None
    if question.backbone is not None:
        counted = count(question.backbone, question.channels, question.size, question.precision)
    terms = Terms(question, records, counted)
    case = case_of(question, records)
    lines = [line(row, model, case, terms) for row, model in rows(question, records)]
    missed = (memory.missed(records.cells), times.missed(records)) if records else ([], [])
    return Plan(question, case, records, counted, lines, *missed)


def case_of(question: Question, records: Known | None) -> Case:
    """Sizes and devices: GPUs where no machine says otherwise."""
    inputs, device = question.inputs, records.kind if records else "cuda"
    if inputs is None and records is not None:
        inputs = inputs_of(records)
    return Case(question.classes, question.dim, question.batch, question.gpus, device, inputs)


def inputs_of(records: Known) -> int | None:
    """Numbers in one image of the machine's own training set."""
    settings = records.summary.facts.split.settings or {}
    size, colour = settings.get("size"), settings.get("colour")
    return None if size is None else int(size) ** 2 * (3 if colour == "rgb" else 1)


def line(row: Row, model: Model | None, case: Case, terms: Terms) -> Line:
    """One row."""
    rest = rest_of(row, model, terms)
    hold = partial(holding, terms=terms, model=model, rest=rest)
    try:
        check_batch(row, case)
        found = hold(row, case)
    except (ValueError, NotImplementedError) as error:
        refused = str(error) or "it states no cost"
        return Line(row, None, None, None, (), Timed(None, None, refused), None, None, refused)
    limit = terms.question.gpu_memory
    context = terms.known.context if terms.known else None

    def fits(row: Row, case: Case) -> bool:
        return limit is not None and hold(row, case).total + (context or 0) <= limit

    does = fits(row, case) if limit is not None else None
    timed = times.timed(row, case, terms.known, model, rest_with(terms, rest))
    rate = timed.step and Range(*(1000 * case.batch / ms for ms in (timed.step.value, timed.step.high, timed.step.low)))
    return Line(
        row,
        found,
        does,
        None if does is None else most_classes(row, case, fits),
        changes(row, case, fits) if does is False else (),
        timed,
        rate,
        sent(row, case, terms.counted),
    )


def check_batch(row: Row, case: Case) -> None:
    """ValueError for a batch that the head's loader cannot make."""
    name = heads.load(row.head).batches
    if case.batch % kind_of(name).multiple:
        raise ValueError(f"its batches are multiples of {kind_of(name).multiple}")


def rest_of(row: Row, model: Model | None, terms: Terms) -> Rest | None:
    """The rest of the machine's own training step, where there is a machine."""
    return times.rest_for(terms.known, model, heads.has_twin(row.head)) if terms.known else None


def rest_with(terms: Terms, rest: Rest | None) -> Rest | None:
    """The rest, if the backbone that is asked about is the one that was measured."""
    return rest if terms.counted is None or measured_backbone(terms) else None


def measured_backbone(terms: Terms) -> bool:
    """Whether the machine's training step has the backbone, image size and precision that are asked about."""
    question, records = terms.question, terms.known
    if records is None or question.backbone is None:
        return False
    backbones = {(one.backbone.name, one.train.precision) for one in records.summary.parameters.values()}
    return backbones == {(question.backbone.name, question.precision)} and inputs_of(records) == question.inputs


def holding(row: Row, case: Case, terms: Terms, model: Model | None, rest: Rest | None) -> Held:
    """The memory of a process: with the backbone that was counted, else with the machine's own, else of the head."""
    libraries = 0
    if terms.known is not None:
        shares = model is not None and model.alone is not None and model.alone.shares_classes
        libraries = memory.beyond(terms.known.cells, row.name, case.classes / (case.gpus if shares else 1))
    if terms.counted is not None or rest is None or rest.bytes is None:
        return held(row, case, terms.counted, libraries=libraries)
    images = max(1.0, case.batch / case.gpus / rest.images)
    return held(row, case, rest=round(rest.bytes * images), libraries=libraries)


def sent(row: Row, case: Case, counted: Counted | None) -> float | None:
    """Bytes that each GPU sends in a step: what the head states and, of a counted backbone, what training sends."""
    wire = declared(row, case).wire
    if wire is None or (case.gpus > 1 and not heads.knows_place(row.head)):
        return None if case.gpus > 1 else 0.0
    if counted is not None:
        twin = 2 if heads.has_twin(row.head) else 1
        wire = wire.plus(Wire(reduced=counted.weights + twin * counted.statistics + 16))
    return wire.sent(case.gpus)
