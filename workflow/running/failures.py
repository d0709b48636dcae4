"""What a finished run has to tell: what of training, scoring and measuring ended ill, and how to try it again."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from workflow.cells.paths import EMBEDDINGS, EVALUATION, RUN
from workflow.cells.plan import Plan
from workflow.endings import Outcome
from workflow.files import read_json


class Failure(NamedTuple):
    """A record, what it says of its ending, and the file to make again."""

    record: str
    said: str
    again: str


def failures(plan: Plan) -> Iterator[Failure]:
    """Those that a config's records tell of; a cell whose training failed has no scores, and is told of once. That what
    is measured does not fit into memory is a result, not a failure."""
    for folder in plan.runs:
        yield from told(f"{folder}/{RUN}") or told(f"{folder}/{EVALUATION}", again=f"{folder}/{EMBEDDINGS}")
    for folder in plan.baselines:
        yield from told(f"{folder}/{EVALUATION}")
    for record in (*plan.chosen, plan.machine):
        yield from told(record)
    for record in plan.costs:
        yield from told(record, results=("ok", "out of memory"))


def told(record: str, again: str | None = None, results: Sequence[Outcome] = ("ok",)) -> list[Failure]:
    """What a record says, if it tells of a failure and not of one of `results`; nothing where a run that was asked for
    less has left none."""
    content = read_json(Path(record)) if Path(record).exists() else {}
    outcome = content.get("outcome", "ok")
    return [] if outcome in results else [Failure(record, f"{outcome}, {content['reason']}", again or record)]
