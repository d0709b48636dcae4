"""The rows of a plan: every head at every ratio that is asked for, and what a machine measured besides."""

import inspect
from collections.abc import Iterator

import heads
from workflow.console import log
from workflow.planner.asking import RATIOS, Question
from workflow.planner.held import Row
from workflow.planner.known import Known
from workflow.summary.step_model import Model
from workflow.summary.stored import row_name


def rows(question: Question, known: Known | None) -> list[tuple[Row, Model | None]]:
    """A row a head and ratio, each with its measurements where the machine has them; a head that cannot be imported is
    told of and left out."""
    return [found for name in question.heads or heads.names() for found in rows_of(name, question, known)]


def rows_of(name: str, question: Question, known: Known | None) -> Iterator[tuple[Row, Model | None]]:
    """The rows of one head."""
    try:
        heads.load(name)
    except ValueError as error:
        log(f"left out: {error}")
        return
    for ratio in ratios_of(name, question, known):
        measured = known.find(name, ratio) if known else []
        for model in measured:
            yield Row(model.name, name, ratio, known.options(model.name) if known else {}), model
        if not measured:
            yield Row(row_name(name, ratio), name, ratio, {}), None


def ratios_of(name: str, question: Question, known: Known | None) -> list[float]:
    """The ratios of a head: those asked for, else the usual ones, its own default and those that were measured."""
    if not heads.takes_ratio(name):
        return [1.0]
    if question.ratios is not None:
        return sorted(set(question.ratios))
    default = inspect.signature(heads.load(name)).parameters["ratio"].default
    own = [] if default is inspect.Parameter.empty else [float(default)]
    measured = [row.ratio for row in known.model.rows if row.head == name and not row.plain] if known else []
    return sorted({*RATIOS, *own, *measured})
