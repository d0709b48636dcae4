"""A plan as JSON: every number with its interval, and the coefficients that the report's page evaluates, too."""

import json
from dataclasses import asdict

from workflow.planner.memory import Missed
from workflow.planner.plan import Line, Plan
from workflow.summary.growth import Range


def as_json(plan: Plan) -> str:
    """The plan as text."""
    return json.dumps(content(plan), indent=1, ensure_ascii=False)


def content(plan: Plan) -> dict[str, object]:
    """The plan as plain data. Bytes are of each process; what is not known is null."""
    question = asdict(plan.question)
    question["backbone"] = plan.question.backbone and plan.question.backbone.model_dump(mode="json")
    counted = plan.counted and {**plan.counted._asdict(), "error": plan.counted.error}
    return {
        "question": question,
        "device": plan.known.device if plan.known else plan.case.device,
        "beside_allocator_bytes": plan.known.context if plan.known else None,
        "rows": [row(line) for line in plan.lines],
        "errors": {
            "memory": [missed(one) for one in plan.memory],
            "times": [missed(one) for one in plan.times],
            "activations": counted and counted["error"],
        },
        "backbone": counted,
        "coefficients": plan.known.model.model_dump(mode="json") if plan.known else None,
    }


def row(line: Line) -> dict[str, object]:
    """One row."""
    return {
        "name": line.row.name,
        "head": line.row.head,
        "ratio": line.row.ratio,
        "options": line.row.options,
        "memory": {**asdict(line.held), "total": line.held.total} if line.held else None,
        "fits": line.fits,
        "largest_classes": line.most_classes,
        "to_fit": [change._asdict() for change in line.changes],
        "head_ms": interval(line.timed.head),
        "step_ms": interval(line.timed.step),
        "images_per_second": interval(line.images_per_second),
        "rests_on": line.timed.basis,
        "sent_bytes": line.sent,
        "refused": line.refused,
    }


def interval(found: Range | None) -> dict[str, float] | None:
    """A number with its interval."""
    return found and dict(found._asdict())


def missed(one: Missed) -> dict[str, object]:
    """A measured cell and its prediction."""
    return {**one._asdict(), "error": one.error, "close": one.close}
