"""The sections that say how: protocol, what differs between the heads, settings."""

import json
from collections.abc import Mapping
from typing import Any

from workflow.reporting.blocks import (
    Block,
    Cell,
    Notes,
    cell,
    column,
    definitions,
    head_cell,
    missing,
    section,
    table,
    text,
)
from workflow.reporting.words import number

Summary = Mapping[str, Any]
Looks = Mapping[str, Any]
IDENTICAL = (
    "Identical for every head, per seed: backbone, initial weights, order of the query images, margin, scale, "
    "schedule and augmentation. Validation and test are disjoint in classes and images, and in faces where the images "
    "are glyphs; the learning curves are of validation, the scores of test. No score is computed on anything seen in "
    "training, and no setting was tuned in this run: all heads share those of the config. The shipped defaults come "
    "from earlier pilot runs, which tried more settings for DCQ and F2C than for full and Partial FC. The "
    "table below says what differs between heads, because it must."
)


def method_section(summary: Summary, looks: Looks) -> dict[str, Any]:
    """Protocol, data, and what differs between heads."""
    return section(
        "method",
        "Method",
        [text(IDENTICAL), definitions(protocol(summary)), *hygiene(summary), heads_table(summary, looks)],
    )


def protocol(summary: Summary) -> list[tuple[str, str]]:
    """Protocol version, counts and thresholds."""
    counts, shots = summary["split"]["counts"] or {}, summary["split"]["shots"] or {}
    found = [("Protocol", summary["protocol"] or "not recorded")]
    if shots:
        found.append(
            ("Images of many, medium, few", f"≥ {shots['many']}, {shots['medium']} to {shots['many'] - 1}, less")
        )
    found += [
        (name.replace("_", " ").capitalize(), number(value, 1)) for name, value in counts.items() if is_number(value)
    ]
    return found


def hygiene(summary: Summary) -> list[Block]:
    """What was kept out of the dataset, by reason."""
    rejected = {reason: count for reason, count in summary["dataset"]["rejected"].items() if count}
    lost = ", ".join(f"{number(count, 1)} {reason}" for reason, count in rejected.items())
    return [text(f"Left out when the data set was built: {lost}.")] if lost else []


def is_number(value: Any) -> bool:
    """Whether a value is a plain number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def heads_table(summary: Summary, looks: Looks) -> Block:
    """Per head: loader, images a step, momentum used and the paper's, pool, centres."""
    notes = Notes()
    columns = [column("Head", numeric=False, weight=3), column("Loader", numeric=False, weight=1.5)]
    columns += [column("Images a step", unit="gradient"), column("Images a step", unit="encoded")]
    columns += [column("Momentum", unit="used"), column("Momentum", unit="paper"), column("Pool", unit="rows")]
    columns += [column("Centres", numeric=False)]
    rows = [heads_line(row, looks, notes) for row in summary["rows"]]
    return table("differences", "What differs between the heads", columns, rows, notes)


def heads_line(row: Mapping[str, Any], looks: Looks, notes: Notes) -> list[Cell]:
    """One head's declared needs."""
    declared = row["declared"]
    if declared is None:
        return [head_cell(row, looks), *(missing(notes, "no run of this row left a record") for _ in range(7))]
    used, paper = declared.get("momentum_used"), declared.get("momentum")
    pool = declared.get("pool")
    return [
        head_cell(row, looks, sub=declared.get("summary") or ""),
        cell(str(declared.get("batches"))),
        *(step_cell(row["images_per_step"][kind], notes) for kind in ("gradient", "encoded")),
        cell("no twin" if used is None else f"{used:g}", sort=used, tone="quiet" if used is None else ""),
        cell("no twin" if paper is None else f"{paper:g}", sort=paper, tone="quiet" if paper is None else ""),
        cell(number(pool, 1) if is_number(pool) else "none declared", sort=pool if is_number(pool) else None),
        cell("learned" if declared.get("learned_centres") else "none"),
    ]


def step_cell(value: float | None, notes: Notes) -> Cell:
    """Images per step."""
    return missing(notes, "the run recorded no images") if value is None else cell(number(value, 1), sort=value)


def parameters_section(summary: Summary, looks: Looks) -> dict[str, Any]:
    """Settings that all rows share, and those of single heads."""
    known = [row for row in summary["rows"] if row["parameters"]]
    shared, rest = shared_settings(known)
    common = [[cell(name, tone="code"), cell(value, tone="code")] for name, value in shared.items()]
    columns = [column("Setting", numeric=False), column("Value", numeric=False, weight=2)]
    blocks: list[Block | None] = [table("settings", "The same for every head", columns, common, folded=True)]
    own = [[head_cell(row, looks), cell(settings_words(rest[row["name"]]), tone="code")] for row in known]
    columns = [column("Head", numeric=False), column("Settings of its own", numeric=False, weight=4)]
    return section(
        "settings", "Hyper-parameters", [*blocks, table("own", "Settings that differ by head", columns, own)]
    )


def shared_settings(rows: list[Mapping[str, Any]]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Flat settings common to all rows, and the rest by row name."""
    every = {row["name"]: flat_settings(row["parameters"]) for row in rows}
    first = next(iter(every.values()), {})
    shared = {key: value for key, value in first.items() if all(found.get(key) == value for found in every.values())}
    return shared, {name: {k: v for k, v in found.items() if k not in shared} for name, found in every.items()}


def flat_settings(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as dotted names with printed values."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        found |= (
            flat_settings(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: printed(value)}
        )
    return found


def printed(value: Any) -> str:
    """A setting as one would write it in the config."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def settings_words(settings: Mapping[str, str]) -> str:
    """`scale 32, margin 0.3`."""
    return ", ".join(f"{name} {value}" for name, value in settings.items()) or "none beyond the common ones"
