"""What records must share to stand in one table: a UserError names two that do not, and what they differ in."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import JsonValue

from workflow.cells.paths import EVALUATION
from workflow.cells.plan import SHAPES_NOTHING
from workflow.cells.records import SplitRecord
from workflow.errors import UserError
from workflow.summary.stored import CostRow, RunRow
from workflow.summary.vocabulary import Ending

Stated = tuple[Path | None, str | None]
"""a file, and what it says of something; None where there is no such file, or it says nothing"""


def agreed_data(
    runs: Sequence[RunRow], split: tuple[Path | None, SplitRecord | None], manifest: Stated = (None, None)
) -> dict[str, str | None]:
    """What all records of runs must share: protocol, what the split asks, dataset hash (that of the `manifest` too),
    the backbone."""
    paths = [(Path(run.record), run) for run in runs if run.record]
    scored = [(path.with_name(EVALUATION), run) for path, run in paths]
    splits_ = [(path, found) for path, found in (split,) if found]
    data: list[Stated] = [manifest]
    data += [(path, found.dataset_hash) for path, found in splits_]
    data += [(path, run.dataset.hash) for path, run in paths if run.dataset]
    protocols: list[Stated] = [(path, found.protocol) for path, found in splits_]
    protocols += [(path, run.protocol) for path, run in scored]
    return {
        "protocol": require_same("protocol", protocols),
        "split_hash": agreed_split(splits_, paths),
        "dataset_hash": require_same("dataset hash", data),
        "backbone": require_same("backbone", [(path, run.backbone) for path, run in paths]),
    }


def agreed_split(
    splits_: Sequence[tuple[Path | None, SplitRecord]], paths: Sequence[tuple[Path, RunRow]]
) -> str | None:
    """The hash of the profile's split. Rows that learn from other images have splits of their own, which ask the same;
    where a record does not say what its split asks, all must be of one split."""
    asked: list[Stated] = [(path, found.evaluation_hash) for path, found in splits_]
    asked += [(path, run.evaluation_hash) for path, run in paths]
    hashes: list[Stated] = [(path, found.hash) for path, found in splits_]
    hashes += [(path, run.split_hash) for path, run in paths]
    for path, run in paths:
        require_same("split_hash", [(path, run.split_hash), (path.with_name(EVALUATION), run.evaluated_split)])
    if all(value for _, value in asked):
        require_same("evaluation_hash", asked)
        return hashes[0][1] if hashes else None
    return require_same("split_hash", hashes)


def agreed_costs(costs: Sequence[CostRow]) -> dict[str, str | None]:
    """What all records of costs must share: the processor and the device."""
    timed = [(Path(cost.record), cost) for cost in costs if cost.record]
    machines = [(path, cost.machine.processor if cost.machine else None) for path, cost in timed]
    return {
        "cost_machine": require_same("machine", machines),
        "cost_device": require_same("device", [(path, cost.device) for path, cost in timed]),
    }


def agree_in_settings(runs: Sequence[RunRow]) -> None:
    """UserError where two good runs of a row, from different seeds, were not made with the same settings."""
    first: dict[tuple[str, str], RunRow] = {}
    for run in (run for run in runs if run.outcome == Ending.OK):
        other = first.setdefault((run.name, run.role), run)
        own, its = settings(run), settings(other)
        unlike = sorted(name for name in own.keys() | its.keys() if own.get(name) != its.get(name))
        if unlike:
            found = f"{unlike[0]}: {its.get(unlike[0])} and {own.get(unlike[0])}"
            raise UserError(
                f"{other.record} and {run.record} are of one row, {run.name}, but not of the same settings ({found}): "
                "call one of them otherwise by `label`, or keep them in separate profiles"
            )


def settings(run: RunRow) -> dict[str, JsonValue]:
    """What shapes the result of a run, by dotted names; an equal budget finds its own number of steps."""
    if run.parameters is None:
        return {}
    every = run.parameters.model_dump(mode="json", exclude={"origins": True, "train": SHAPES_NOTHING})
    if run.role in ("images", "seconds"):
        del every["train"]["steps"]
    return {"head": run.head, **dotted(every)}


def dotted(content: dict[str, JsonValue], prefix: str = "") -> dict[str, JsonValue]:
    """Nested values by dotted names."""
    found: dict[str, JsonValue] = {}
    for name, value in content.items():
        found |= dotted(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def require_same(what: str, seen: Iterable[Stated]) -> str | None:
    """The one value of `what` in all records that state it; a UserError naming two records that disagree."""
    stated = [(path, value) for path, value in seen if value is not None]
    for path, value in stated:
        if value != stated[0][1]:
            raise UserError(
                f"{stated[0][0]} and {path} have different values of {what} ({stated[0][1]} and {value}): they cannot "
                "stand in one table; rerun the older one, or collect them as separate profiles"
            )
    return stated[0][1] if stated else None
