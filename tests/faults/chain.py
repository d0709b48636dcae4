"""A tiny experiment as the commands that the workflow would run, one after the other."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workflow.cells.config import Config
from workflow.cells.paths import (
    CENTRES,
    EMBEDDINGS,
    EVALUATION,
    MANIFEST,
    MEANS,
    MODEL,
    RESAMPLES,
    RUN,
    STEPS,
)
from workflow.cells.plan import Plan, plan
from workflow.cells.section import compact_json
from workflow.files import write_text

SECTIONS = {
    "profile": "faults",
    "data": {
        **{"name": "dejavu", "tier": "dejavu", "characters": 120, "size": 16, "classes": 50, "distractors": 10},
        "open_set": {"validation": 10, "test": 20},
    },
    "heads": [{"head": "partial_fc", "ratios": [0.5]}, {"head": "dcq", "ratios": [0.5]}],
    "seeds": [0],
    "backbone": {"name": "small", "dim": 16, "width": 8},
    "train": {
        **{"steps": 24, "batch": 16, "log_every": 3, "curve_points": 2, "device": "cpu"},
        "checkpoint_every": 1e-6,  # after every step: how often it is written does not hang on how fast the machine is
    },
    "measure": {
        **{"classes": [200], "references": [], "batch": 16, "warmup": 1, "steps": 3, "seconds": 0.1, "repeats": 1},
        **{"parts_steps": 2, "device": "cpu"},
    },
    "evaluate": {"distractors": [5], "baselines": ["raw"]},
}


@dataclass(frozen=True)
class Stage:
    """One command, to be run where the experiment lies, and the files or folders that it leaves."""

    name: str
    module: str
    arguments: tuple[str, ...]
    makes: tuple[str, ...]
    timed: bool = False
    """whether what it finds are times, which no two runs share"""
    concludes: bool = False
    """whether it only draws conclusions from records, the same bytes from the same records"""


def stages() -> list[Stage]:
    """All stages of the experiment, in an order in which they can run."""
    config = Config.parse(SECTIONS)
    planned = plan(config)
    return [
        *data(config, planned),
        *cells(planned),
        *baselines(config, planned),
        *costs(config, planned),
        *ends(planned),
    ]


def lay(folder: Path) -> None:
    """Make `folder` with the lists of cells that a summary reads."""
    planned = plan(Config.parse(SECTIONS))
    for path, listed in zip(planned.paths.plans, (planned.planned_runs(), planned.planned_costs()), strict=True):
        write_text(folder / path, compact_json([cell.model_dump() for cell in listed]))


def data(config: Config, planned: Plan) -> Iterator[Stage]:
    names = (MANIFEST, "images.npy", "classes.npy", "groups.npy", "similar.npy")
    settings = ("--settings", compact_json(config.data.of_images()), "--out", planned.data)
    yield Stage("data", "workflow.data", ("build", *settings), tuple(f"{planned.data}/{name}" for name in names))
    settings = ("--settings", config.data.as_json(), "--out", planned.split)
    made = (planned.split, planned.split.replace(".npz", ".json"))
    yield Stage("split", "workflow.data", ("split", "--dataset", planned.data, *settings), made)


def cells(planned: Plan) -> Iterator[Stage]:
    for folder, spec in planned.runs.items():
        label = spec.cell.label
        given = ("--dataset", planned.data, "--split", planned.split)

        def made(*names: str, folder: str = folder) -> tuple[str, ...]:
            return tuple(f"{folder}/{name}" for name in names)

        arguments = (*given, "--out", folder, "--spec", spec.as_json())
        yield Stage(f"training {label}", "workflow.training", arguments, made(RUN, STEPS, MODEL))
        arguments = ("embed", "--cell", folder, *given)
        yield Stage(f"embedding {label}", "workflow.evaluating", arguments, made(EMBEDDINGS, CENTRES, MEANS))
        arguments = ("score", "--cell", folder, "--split", planned.split, "--distractors", "5")
        yield Stage(f"scoring {label}", "workflow.evaluating", arguments, made(EVALUATION, RESAMPLES))


def baselines(config: Config, planned: Plan) -> Iterator[Stage]:
    for folder, kind in planned.baselines.items():
        given = ("--dataset", planned.data, "--split", planned.split, "--backbone", config.backbone.as_json())
        arguments = ("--kind", kind, "--out", folder, "--profile", config.profile, *given, "--distractors", "5")
        made = (f"{folder}/{EVALUATION}", f"{folder}/{RESAMPLES}")
        yield Stage(f"baseline {kind}", "workflow.evaluating", ("baseline", *arguments), made)


def costs(config: Config, planned: Plan) -> Iterator[Stage]:
    settings = compact_json({"device": config.measure.device, "threads": config.measure.threads})
    arguments = ("machine", "--settings", settings, "--out", planned.machine)
    yield Stage("machine", "workflow.measuring", arguments, (planned.machine,), timed=True)
    for record, spec in planned.costs.items():
        given = ("--spec", spec.as_json(), "--machine", planned.machine, "--out", record)
        whole = spec.classes is None
        mode = (
            ("end-to-end", *given, "--dataset", planned.data, "--split", planned.split) if whole else ("head", *given)
        )
        name = f"measuring {spec.cell.label} {spec.classes or ''}".strip()
        yield Stage(name, "workflow.measuring", mode, (record,), timed=True)


def ends(planned: Plan) -> Iterator[Stage]:
    paths = planned.paths
    lists = ("--cells", paths.plans[0], "--costs", paths.plans[1])
    facts = ("--split", planned.split.replace(".npz", ".json"), "--machine", planned.machine, "--tuned")
    facts = ("--manifest", planned.manifest, *facts, "--config", json.dumps(SECTIONS))
    arguments = ("--profile-dir", paths.results, *lists, *facts, "--out", paths.summary)
    yield Stage("summary", "workflow.summary", arguments, (paths.summary, *paths.tables), concludes=True)
    given = ("--summary", paths.summary)
    arguments = ("figures", *given, "--out", paths.figures)
    yield Stage("figures", "workflow.reporting", arguments, (paths.figures,), concludes=True)
    for form in ("html", "pdf"):
        out = paths.report(form)
        arguments = (form, *given, "--figures", paths.figures, "--out", out)
        yield Stage(form, "workflow.reporting", arguments, (out,), concludes=True)
