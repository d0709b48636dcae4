"""One row a training run: what was asked, what became of it, and every score it earned."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workflow.reporting.words import row_name
from workflow.summary.old.records import Record, cell_folder, read_lines, read_optional
from workflow.summary.old.spread import paired, spread

FIELDS = (
    "steps",
    "planned_steps",
    "seconds",
    "images",
    "exclusive",
    "device",
    "processes",
    "precision",
    "resumed",
    "initial_weights",
    "split_hash",
    "dataset",
    "declared",
    "parameters",
)
PROVENANCE = ("start", "finish", "command", "commit", "machine", "versions")


def run_row(profile: Path, cell: Record) -> dict[str, Any]:
    """The row of one planned training cell; `outcome` is "missing" where there is no record to show."""
    folder = cell_folder(profile, cell)
    run = read_optional(folder / "run.json") if folder else None
    row = {"label": cell["label"], "head": cell.get("head"), "ratio": float(cell["ratio"]), "seed": int(cell["seed"])}
    row |= {"name": row_name(cell["label"], cell["ratio"]), "record": (folder / "run.json").as_posix() if run else None}
    if run is None:
        empty = dict.fromkeys((*FIELDS, *PROVENANCE, "backbone")) | {"progress": []}
        return row | empty | unscored("no record: this cell was planned and not run")
    row |= {"head": run["cell"].get("head", row["head"]), "backbone": run["cell"].get("backbone")}
    row |= {name: run.get(name) for name in FIELDS + PROVENANCE}
    row["progress"] = read_lines(folder / "steps.jsonl")
    return row | scored(run, read_optional(folder / "evaluation.json"))


def unscored(reason: str) -> dict[str, Any]:
    """The score fields of a run without an evaluation."""
    scores: dict[str, Any] = {"validation": {}, "test": {}}
    return {"outcome": "missing", "reason": reason, "protocol": None, "scores": scores, "notes": {}, "curves": {}}


def scored(run: Record, evaluation: Record | None) -> dict[str, Any]:
    """The score fields of a run; one that trained but has no evaluation counts as missing, with that reason."""
    if evaluation is None:
        if run["outcome"] != "ok":
            return unscored(run.get("reason") or "no reason recorded") | {"outcome": run["outcome"]}
        return unscored("trained, but evaluation.json does not exist: run the evaluation of this cell")
    return {
        "outcome": run["outcome"],
        "reason": run.get("reason"),
        "protocol": evaluation.get("protocol"),
        "evaluated_split": evaluation.get("split_hash"),
        "counts": evaluation.get("counts"),
        "scores": {part: evaluation.get(part) or {} for part in ("validation", "test")},
        "notes": evaluation.get("notes") or {},
        "curves": evaluation.get("curves") or {},
    }


def note_of(run: Mapping[str, Any], part: str, score: str) -> str:
    """Why a score of a run is null; of a note on both parts ("validation: ...; test: ...") only the part's own."""
    if run["outcome"] != "ok":
        return f"{run['outcome']}: {run['reason'] or 'no reason recorded'}"
    note = run["notes"].get(score) or "the evaluation recorded no reason"
    own = re.search(rf"(?:^|; ){part}: (.*?)(?:; (?:validation|test): |$)", note)
    return own[1] if own else note


def head_rows(runs: Iterable[dict[str, Any]], reference: str) -> list[dict[str, Any]]:
    """Runs gathered by (label, ratio) in planned order, with spreads and paired differences to the reference row."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        groups.setdefault(run["name"], []).append(run)
    names = sorted({score for group in groups.values() for run in group for score in run["scores"]["test"]})
    base = next((name for name, group in groups.items() if name == reference or group[0]["head"] == reference), None)
    against = groups.get(base, [])
    return [head_row(name, group, names, against, name == base) for name, group in groups.items()]


def head_row(
    name: str, group: list[dict[str, Any]], scores: list[str], against: list[dict[str, Any]], is_reference: bool
) -> dict[str, Any]:
    """One row of the main table before costs are added."""
    first = next((run for run in group if run["outcome"] == "ok"), group[0])
    return {
        "name": name,
        **{field: first[field] for field in ("label", "head", "ratio", "declared", "parameters")},
        "reference": is_reference,
        "planned": len(group),
        "done": sum(run["outcome"] == "ok" for run in group),
        "outcomes": [{"seed": run["seed"], "outcome": run["outcome"], "reason": run["reason"]} for run in group],
        "images_per_step": per_step(first),
        "scores": {score: spread_of(group, score) for score in scores},
        "difference": {} if is_reference else differences(group, against, scores),
    }


def differences(group: list[dict[str, Any]], against: list[dict[str, Any]], scores: list[str]) -> dict[str, Any]:
    """Paired differences of one row to the reference row, by score."""
    return {score: paired(by_seed(group, score), by_seed(against, score)) for score in scores}


def spread_of(group: list[dict[str, Any]], score: str) -> dict[str, Any]:
    """Spread of a test score over the seeds of one row, with the reasons why seeds lack it.

    The reasons of good runs go first: that a seed diverged explains nothing about a score no seed could have.
    """
    values = {str(run["seed"]): run["scores"]["test"].get(score) for run in group}
    lacking = [run for run in group if values[str(run["seed"])] is None]
    good = [run for run in lacking if run["outcome"] == "ok"]
    reasons = [note_of(run, "test", score) for run in good or lacking]
    return {**spread(values), "reasons": sorted(set(reasons))}


def by_seed(group: Iterable[Mapping[str, Any]], score: str) -> dict[str, float]:
    """A test score of every seed that has it."""
    values = {str(run["seed"]): run["scores"]["test"].get(score) for run in group}
    return {seed: value for seed, value in values.items() if value is not None}


def per_step(run: Mapping[str, Any]) -> dict[str, float | None]:
    """Images a step with gradient and encoded in all (twins and second views included)."""
    images, steps = run["images"] or {}, run["steps"]
    return {kind: images[kind] / steps if steps and kind in images else None for kind in ("gradient", "encoded")}
