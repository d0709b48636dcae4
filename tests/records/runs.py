"""Records of training cells: MADE UP FOR THE TESTS, meaningless in value; nothing here was measured."""

import json
import random
from pathlib import Path

from tests.records.plan import LEVEL, PROVENANCE, STEP_MS, TWINS, folder_of
from workflow.cells.config import Backbone
from workflow.cells.records import DatasetName, Declared, EvaluationRecord, Images, Parameters, RunRecord
from workflow.cells.spec import CellName, Role
from workflow.cells.train_section import Train

BATCHES = {"dcq": "pairs", "f2c": "pairs+instances"}


def write_run(profile: Path, label: str, ratio: float, seed: int, role: Role = "row") -> None:
    """run.json, steps.jsonl and, but of a trial, evaluation.json of one training cell."""
    rng = random.Random(f"{label} {ratio} {seed}{'' if role == 'row' else role}")
    folder = folder_of(profile, label, ratio, seed, role)
    diverged = label == "f2c" and seed == 1
    run = RunRecord(
        cell=CellName(
            profile="default",
            dataset="glyphs-s",
            backbone="small",
            label=label,
            head=label,
            ratio=ratio,
            seed=seed,
            role=role,
        ),
        parameters=Parameters(options={"scale": 32.0, "margin": 0.3}, train=Train(), backbone=Backbone()),
        declared=declared(label),
        outcome="diverged" if diverged else "ok",
        reason="loss is NaN at step 210 </script><i>" if diverged else None,
        steps=210 if diverged else 600,
        planned_steps=600,
        images=Images(gradient=153_600, encoded=307_200 if label in TWINS else 153_600),
        seconds=80 + 10 * rng.random(),
        dataset=DatasetName(name="glyphs-s", hash="datahash"),
        split_hash="splithash",
        initial_weights=f"weights of seed {seed}",
        device="cpu",
        precision="fp32",
        **PROVENANCE,
    )
    run.write(folder / "run.json")
    write_progress(folder, rng, label)
    if role != "trial":
        write_evaluation(folder, run, rng)


def declared(label: str) -> Declared:
    """What a made-up head says of itself."""
    return Declared(
        summary=f"made-up summary of {label}",
        batches=BATCHES.get(label, "instances"),
        momentum=TWINS.get(label),
        momentum_used=0.9 if label in TWINS else None,
        pool=500,
        learned_centres=label not in TWINS,
    )


def write_progress(folder: Path, rng: random.Random, label: str) -> None:
    """Losses every 20 steps, validation every 100; the last line is cut short."""
    lines = []
    for step in range(20, 601, 20):
        common = {"step": step, "seconds": step * STEP_MS[label] / 1000, "images": 256 * step}
        lines.append({**common, "loss": 12 * 0.995**step + 2 + rng.random() / 5, "lr": 0.1, "encoded": 256 * step})
        if step % 100 == 0:
            reached = 1 - 2.0 ** (-step / 120)
            names = ("verification_hard/accuracy", "closed/rank1", "identification/rank1")
            scores = {name: 0.6 + (LEVEL[label] - 0.6) * reached + rng.uniform(-0.01, 0.01) for name in names}
            lines.append({**common, "validation": scores})
    (folder / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"step": 6')


def write_evaluation(folder: Path, run: RunRecord, rng: random.Random) -> None:
    """Scores of one run; all null where it diverged."""
    good, label = run.outcome == "ok", run.cell.label
    scores: dict[str, float | None] = {name: value if good else None for name, value in made_up(label, rng).items()}
    notes = {} if good else {name: "the run diverged" for name in scores}
    for name in [name for name in scores if name.startswith("centres/") and label in TWINS]:
        scores[name], notes[name] = None, "this head learns no centres"
    scores["verification_hard/tar@0.0001"], notes["verification_hard/tar@0.0001"] = None, "fewer than 10 false accepts"
    fars = [10 ** (-3.2 + 3.2 * i / 60) for i in range(61)]
    lift = LEVEL[label]
    roc = [[far, min(1.0, lift * far ** (0.35 * (1 - lift) * 2))] for far in fars] if good else []
    shots = [[n, 40, lift - 0.06 / n + rng.uniform(-0.005, 0.005)] for n in range(1, 11)] if good else []
    EvaluationRecord(
        protocol="headroom-2",
        cell=run.cell,
        outcome=run.outcome,
        reason=run.reason,
        split_hash="splithash",
        validation=scores,
        test=scores,
        notes=notes,
        counts={"test": {"hard_pairs": 12_000}},
        curves={"roc_hard": roc, "roc_all": roc, "shots": shots},
        **PROVENANCE,
    ).write(folder / "evaluation.json")


OFFSETS = {
    "verification_random/accuracy": 0.035,
    "allpairs/tar@0.001": -0.2,
    "identification/rank1": 0.01,
    "identification/rank5": 0.03,
    "identification/rank1@1000": -0.03,
    "identification/rank1@10000": -0.1,
    "closed/rank1": 0.0,
    "closed/rank1/many": 0.012,
    "closed/rank1/medium": 0.005,
    "closed/rank1/few": -0.012,
    "closed/macro": 0.0,
    "centres/rank1": -0.1,
    "centres/rank1/many": 0.06,
    "centres/rank1/few": -0.2,
}


def made_up(label: str, rng: random.Random) -> dict[str, float]:
    """A score for everything that the report has a place for."""

    def near(offset: float) -> float:
        return LEVEL[label] + offset + rng.uniform(-0.004, 0.004)

    scores = {"verification_hard/accuracy": near(0), "verification_hard/accuracy_std": 0.004}
    scores |= {"verification_hard/eer": 1 - near(0), "allpairs/eer": 1 - near(0.01)}
    scores |= {f"verification_hard/tar@{far}": near(-0.15) for far in ("0.1", "0.01", "0.001", "0.0001")}
    return scores | {name: near(offset) for name, offset in OFFSETS.items()}
