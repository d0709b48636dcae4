#!/usr/bin/env python3
"""Stands in for `python -m workflow.<stage>` in tests of the DAG: makes the stage's output files and nothing else."""

import sys
from itertools import pairwise
from pathlib import Path

MADE_BESIDE = {
    ("workflow.training", None): ["run.json", "steps.jsonl", "model.pt"],
    ("workflow.data", "build"): ["manifest.json", "images.npy", "classes.npy", "groups.npy", "similar.npy"],
    ("workflow.evaluating", "embed"): ["embeddings.npy", "centres.npy", "means.npy", "sets.npz"],
    ("workflow.evaluating", "score"): ["evaluation.json", "resamples.npz"],
    ("workflow.evaluating", "baseline"): ["evaluation.json", "resamples.npz"],
    ("workflow.reporting", "figures"): ["one.svg"],
}
CONTENT = {"split": '{"counts": {"train_classes": 2000000, "eval_images": 50000, "enrolled_images": 70000}}'}
TABLES = ["heads.csv", "runs.csv", "scores.csv", "costs.csv"]


def main() -> None:
    module, *rest = sys.argv[2:]
    verb = rest[0] if not rest[0].startswith("-") else None
    values = {key: value for key, value in pairwise(rest) if key.startswith("--")}
    place = Path(values.get("--out") or values["--cell"])
    if names := MADE_BESIDE.get((module, verb)):
        made = [place / name for name in names]
    elif module == "workflow.data" and verb == "split":
        made = [place, place.with_suffix(".json")]
    elif module == "workflow.summary":
        made = [place, *(place.with_name(name) for name in TABLES)]
    else:
        made = [place]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CONTENT.get(path.name.split("-")[0], "{}") if path.suffix == ".json" else "{}")


if __name__ == "__main__":
    main()
