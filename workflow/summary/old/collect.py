"""Gather every planned cell of a profile into one summary, and the same numbers as tidy CSV tables."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workflow.errors import UserError
from workflow.files import atomic, write_json
from workflow.provenance import provenance
from workflow.summary.old.answers import answers
from workflow.summary.old.claims import judge, load_claims
from workflow.summary.old.costs import cost_row, in_training
from workflow.summary.old.gaps import caveats, gaps
from workflow.summary.old.records import Record, read_optional, require_same
from workflow.summary.old.runs import head_rows, note_of, run_row

SCHEMA = "headroom-summary-1"


def collect(
    profile: Path,
    cells: list[Record],
    costs: list[Record],
    *,
    data: Path = Path("data"),
    reference: str = "fc",
    split_file: Path | None = None,
) -> dict[str, Any]:
    """The summary of one profile's folder: runs, rows, costs, claims, answers, gaps and provenance.

    Every planned cell appears, whatever its outcome. Raises UserError when two records were made with another
    protocol, split, dataset or (for costs) machine, naming both.
    """
    if not cells:
        raise UserError(f"{profile}: no cell is planned and none was found; name heads and seeds in the config")
    runs = [run_row(profile, cell) for cell in cells]
    split, split_path = (read_optional(split_file), split_file) if split_file else find_split(profile, runs)
    counts = (split or {}).get("counts") or {}
    cost = [cost_row(profile, cell, counts.get("train_classes")) for cell in costs]
    manifest_path = data / str((split or {}).get("dataset")) / "manifest.json"
    manifest = read_optional(manifest_path)
    summary = {
        "schema": SCHEMA,
        "profile": profile.name,
        **agreed(runs, cost, split, split_path, manifest, manifest_path),
        "dataset": dataset_facts(runs, split, manifest),
        "split": {name: (split or {}).get(name) for name in ("hash", "seed", "settings", "counts", "shots")},
        "machine": read_optional(profile / "machine.json"),
        "runs": runs,
        "costs": cost,
        "rows": with_costs(head_rows(runs, reference), cost, counts),
        "collected": provenance(),
    }
    return conclude(summary)


def conclude(summary: dict[str, Any]) -> dict[str, Any]:
    """Add what is derived from the numbers alone: caveats, verdicts on claims, the answer, the gaps."""
    summary["caveats"] = caveats(summary)
    summary["claims"] = [judge(claim, summary) for claim in load_claims()]
    summary["answers"] = answers(summary)
    summary["gaps"] = gaps(summary)
    return summary


def find_split(profile: Path, runs: list[dict[str, Any]]) -> tuple[Record | None, Path]:
    """split.json of the dataset the runs used (or of the only one there is)."""
    named = sorted({run["dataset"]["name"] for run in runs if run["dataset"]})
    paths = [path for name in named or ["*"] for path in sorted(profile.glob(f"{name}/split*.json"))]
    path = next((path for path in paths if path.exists()), profile / "split.json")
    return read_optional(path), path


def agreed(
    runs: list[dict[str, Any]],
    costs: list[dict[str, Any]],
    split: Record | None,
    split_path: Path,
    manifest: Record | None,
    manifest_path: Path,
) -> dict[str, Any]:
    """What all records must share: protocol, split hash, dataset hash, the backbone, the machine of the costs."""
    split, manifest = split or {}, manifest or {}
    paths = [(Path(run["record"]), run) for run in runs if run["record"]]
    scores = [(path.with_name("evaluation.json"), run) for path, run in paths]
    own = [(path, run["split_hash"]) for path, run in paths]
    evaluated = [(path, run.get("evaluated_split")) for path, run in scores]
    data = [(path, (run["dataset"] or {}).get("hash")) for path, run in paths]
    timed = [(Path(cost["record"]), cost) for cost in costs if cost["record"]]
    return {
        "protocol": require_same(
            "protocol", [(split_path, split.get("protocol")), *((path, run["protocol"]) for path, run in scores)]
        ),
        "split_hash": require_same("split_hash", [(split_path, split.get("hash")), *own, *evaluated]),
        "dataset_hash": require_same(
            "dataset hash", [(manifest_path, manifest.get("hash")), (split_path, split.get("dataset_hash")), *data]
        ),
        "backbone": require_same("backbone", [(path, run["backbone"]) for path, run in paths]),
        "cost_machine": require_same(
            "machine", [(path, (cost["machine"] or {}).get("processor")) for path, cost in timed]
        ),
        "cost_device": require_same("device", [(path, cost["device"]) for path, cost in timed]),
    }


def dataset_facts(runs: list[dict[str, Any]], split: Record | None, manifest: Record | None) -> dict[str, Any]:
    """What the report says about the data: name, counts, sources with their licences, what was rejected."""
    manifest = manifest or {}
    names = [run["dataset"]["name"] for run in runs if run["dataset"]]
    return {
        "name": manifest.get("name") or (split or {}).get("dataset") or next(iter(names), None),
        "images": manifest.get("images"),
        "classes": len(manifest["classes"]) if "classes" in manifest else None,
        "groups": len(manifest["groups"]) if "groups" in manifest else None,
        "sources": manifest.get("sources") or [],
        "rejected": manifest.get("rejected") or {},
    }


def with_costs(
    rows: list[dict[str, Any]], costs: list[dict[str, Any]], counts: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The rows, each with its end-to-end cost record (or None) as `cost`."""
    return [{**row, "cost": in_training(costs, row["name"], counts.get("train_classes"))} for row in rows]


def write(summary: dict[str, Any], out: Path) -> None:
    """Write the summary to `out` and runs, scores, costs and heads as CSV beside it."""
    write_json(out, summary)
    for name, table in tables(summary).items():
        write_csv(out.with_name(f"{name}.csv"), table)


def tables(summary: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The four CSV tables as lists of flat rows; an unmeasured number is an empty field with its reason beside it."""
    cell = ("label", "head", "ratio", "seed")
    facts = ("outcome", "reason", "steps", "planned_steps", "seconds", "exclusive", "device", "precision", "record")
    runs = [{name: run[name] for name in cell + facts} for run in summary["runs"]]
    scores = [
        {**{name: run[name] for name in cell}, "part": part, "score": score, "value": value}
        | {"reason": note_of(run, part, score) if value is None else None}
        for run in summary["runs"]
        for part, found in run["scores"].items()
        for score, value in found.items()
    ]
    costs = [flat(cost, skip=("machine", "name")) for cost in summary["costs"]]
    return {"runs": runs, "scores": scores, "costs": costs, "heads": [head_line(row) for row in summary["rows"]]}


def head_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row of heads.csv: every test score as n, mean, min, max, interval, difference, verdict; then the cost."""
    line = {name: row[name] for name in ("label", "head", "ratio", "planned", "done")}
    for score, spread in row["scores"].items():
        line |= {f"{score}:{name}": spread[name] for name in ("n", "mean", "min", "max", "low", "high")}
        difference = row["difference"].get(score, {})
        line |= {f"{score}:difference": difference.get("mean"), f"{score}:verdict": difference.get("verdict")}
    return line | flat(row["cost"] or {}, skip=("machine", "name", "label", "head", "ratio"), prefix="cost.")


def flat(record: Mapping[str, Any], *, skip: Iterable[str] = (), prefix: str = "") -> dict[str, Any]:
    """Nested records as one level of dotted names."""
    line: dict[str, Any] = {}
    for name, value in record.items():
        if name in skip:
            continue
        line |= flat(value, prefix=f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return line


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows with the union of their columns, in order of first appearance."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with atomic(path) as temporary, temporary.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
