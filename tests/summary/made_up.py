"""Summaries made of a few numbers, for rules that need no more."""

from collections.abc import Mapping, Sequence

from workflow.cells.cost_records import Memory
from workflow.cells.records import Images, Record
from workflow.summary.stored import CostRow, Quantiles, RunRow, SummaryRecord, row_name
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise
from workflow.summary.vocabulary import Ending, Mode

HARD = "verification_hard/accuracy"
Scores = Mapping[str, Sequence[float]]
"""By score, its values for seeds 0, 1, ..."""


def summary_of(
    rows: Sequence[tuple[str, float, Scores]],
    costs: Sequence[CostRow] = (),
    resampled: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
) -> Summary:
    """Rows as (head, ratio, scores), the first of which is the reference; `resampled` as in a summary.json."""
    runs = [run for head, ratio, scores in rows for run in runs_of(head, ratio, scores)]
    reference = runs[0].name if runs else None
    collected = Record(start="2026-01-01T00:00:00+00:00")
    facts = {"profile": "made-up", "reference": reference, "collected": collected, "resampled": resampled or {}}
    return summarise(SummaryRecord.model_validate({**facts, "runs": runs, "costs": list(costs)}))


def runs_of(head: str, ratio: float, scores: Scores) -> list[RunRow]:
    """A run a seed, each with the scores that it has; one seed where there is none."""
    place = {"label": head, "head": head, "ratio": ratio, "name": row_name(head, ratio), "outcome": Ending.OK}
    seeds = range(max((len(values) for values in scores.values()), default=0) or 1)
    found = [{name: values[seed] for name, values in scores.items() if seed < len(values)} for seed in seeds]
    return [RunRow.model_validate({**place, "seed": seed, "scores": {"test": test}}) for seed, test in enumerate(found)]


def cost(head: str, ratio: float, classes: int, peak: int | None, **more: object) -> CostRow:
    """A head alone that ran, with its peak bytes; `more` are other fields."""
    row: dict[str, object] = {"mode": Mode.HEAD, "label": head, "head": head, "ratio": ratio, "classes": classes}
    row |= {"name": row_name(head, ratio), "outcome": Ending.OK, "exclusive": True}
    row |= {"peak_bytes": peak, "peak_meter": "device allocator"}
    row["memory"] = Memory(declared_state_bytes=100, allocator_peak_bytes=peak)
    return CostRow.model_validate({**row, **more})


def timing(head: str, ratio: float, milliseconds: float, **more: object) -> CostRow:
    """A whole training step of 256 images, with a range of 2 % either way."""
    steps = Quantiles(median=milliseconds, p10=0.98 * milliseconds, p90=1.02 * milliseconds)
    speed = 256_000 / milliseconds
    rates = Images(gradient=speed, encoded=speed)
    return cost(head, ratio, 5000, None, mode=Mode.WHOLE, step_ms=steps, images_per_second=rates, **more)
