"""Records of other budgets, of tuning and of baselines: MADE UP FOR THE TESTS; nothing here was measured."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.records.plan import PROVENANCE, SEEDS, folder_of
from tests.records.runs import write_run
from workflow.cells.choices import BASELINES
from workflow.cells.records import EvaluationRecord
from workflow.cells.spec import CellName, PlannedRun, Role
from workflow.cells.tuning_records import ChosenRecord, Tried
from workflow.summary.planned import found_runs

TUNED = (("fc", 1.0), ("dcq", 0.1))
OTHERS: tuple[Role, ...] = ("images", "seconds", "tuned")
SCORES = ("verification_hard/accuracy", "closed/rank1")


def write_fair(profile: Path, seeds: Sequence[int] = SEEDS) -> list[PlannedRun]:
    """Add to a profile that `build` wrote: rows at other budgets and tuned, how they were, baselines, and replicates of
    every run. Returns all training cells, seed by seed."""
    for label, ratio in TUNED:
        for role in OTHERS:
            for seed in seeds:
                write_run(profile, label, ratio, seed, role)
        write_tuning(profile, label, ratio)
    for kind in BASELINES:
        write_baseline(profile, kind)
    for path in sorted(profile.glob("**/evaluation.json")):
        write_resamples(path)
    return sorted(found_runs(profile), key=lambda cell: cell.seed)


def write_tuning(profile: Path, label: str, ratio: float) -> None:
    """Two trials of a row, and which one was chosen."""
    tried = []
    for number in range(2):
        write_run(profile, label, ratio, number, "trial")
        record = (folder_of(profile, label, ratio, number, "trial") / "run.json").as_posix()
        score, setting = 0.7 + number / 10, {"scale": 20.0 * (1 + number), "lr": 0.2}
        tried.append(
            Tried(
                number=number,
                setting=setting,
                outcomes=("ok",),
                validation=({SCORES[0]: score},),
                score=score,
                records=(record,),
            )
        )
    found = {"label": label, "head": label, "ratio": ratio, "steps": 60, "seeds": (0,), "trials": tuple(tried)}
    chosen = ChosenRecord(**PROVENANCE, **found, chosen=tried[1].setting)
    chosen.write(profile / "tuned" / label / f"{ratio:g}-0a1b2c3d.json")


def write_baseline(profile: Path, kind: str) -> None:
    """The scores of a baseline."""
    cell = CellName(profile="default", dataset="glyphs-s", backbone="small", label=kind, head=kind, ratio=1, seed=0)
    facts = {"protocol": "headroom-2", "cell": cell, "outcome": "ok", "split_hash": "splithash"}
    test, se = dict.fromkeys(SCORES, 0.4), dict.fromkeys(SCORES, 0.01)
    EvaluationRecord(**PROVENANCE, **facts, test=test, se={"test": se}).write(
        profile / "glyphs-s" / "baselines" / f"{kind}-0a1b2c3d" / "evaluation.json"
    )


def write_resamples(evaluation: Path) -> None:
    """Replicates beside an evaluation."""
    rng = random.Random(evaluation.parent.as_posix().rpartition("glyphs-s")[2])
    rows = {score: np.array([0.8 + rng.gauss(0, 0.003) for _ in range(200)], np.float32) for score in SCORES}
    np.savez(evaluation.with_name("resamples.npz"), **rows)  # type: ignore[arg-type]
