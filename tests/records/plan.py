"""Places and facts of records: MADE UP FOR THE TESTS, meaningless in value; nothing here was measured."""

from collections.abc import Sequence
from pathlib import Path

from workflow.cells.records import Machine
from workflow.cells.spec import PlannedCost, PlannedRun, Role

HOSTILE = 'mine<b>&"[1]'
ROWS = (("fc", 1.0), ("partial_fc", 0.1), ("partial_fc", 0.3), ("dcq", 0.1), ("f2c", 0.1), (HOSTILE, 1.0))
SEEDS = (0, 1)
LADDER = (10_000, 100_000, 1_000_000)
CLASSES = 5_000
LEVEL = {"fc": 0.925, "partial_fc": 0.905, "dcq": 0.955, "f2c": 0.949, HOSTILE: 0.915}
STEP_MS = {"fc": 140.0, "partial_fc": 121.0, "dcq": 176.0, "f2c": 169.0, HOSTILE: 150.0}
TWINS = {"dcq": 0.999, "f2c": 0.99}
PROVENANCE = {
    "start": "2026-01-01T00:00:00+00:00",
    "finish": "2026-01-01T00:02:00+00:00",
    "command": "python -m workflow.training",
    "commit": "0123456789abcdef",
    "machine": Machine(processor="Made-up CPU", cores=2, memory_bytes=8 << 30, system="Linux 6", architecture="x86_64"),
    "versions": {"python": "3.11.0", "torch": "2.13.0", "numpy": "2.4.6"},
}


def folder_of(profile: Path, label: str, ratio: float, seed: int, role: Role = "row") -> Path:
    """Where the records of a made-up training cell lie."""
    return profile / "glyphs-s" / "small" / label / f"{ratio:g}" / (str(seed) if role == "row" else f"{seed}-{role}")


def cost_path(profile: Path, mode: str, label: str, ratio: float, classes: int | None) -> Path:
    """Where the record of a made-up cost cell lies."""
    return profile / "cost" / mode / label / f"{ratio:g}" / f"{'train' if mode == 'end-to-end' else classes}.json"


def planned(profile: Path, seeds: Sequence[int] = SEEDS) -> tuple[list[PlannedRun], list[PlannedCost]]:
    """The cells of the made-up plan: training cells and cost cells."""
    runs = [
        PlannedRun(label=label, head=label, ratio=ratio, seed=seed, folder=str(folder_of(profile, label, ratio, seed)))
        for seed in seeds
        for label, ratio in ROWS
    ]
    sizes = [("head", classes) for classes in LADDER] + [("end-to-end", None)]
    costs = [
        PlannedCost(
            label=label,
            head=label,
            ratio=ratio,
            mode=mode,
            classes=classes,
            record=str(cost_path(profile, mode, label, ratio, classes)),
        )
        for label, ratio in ROWS
        for mode, classes in sizes
    ]
    return runs, costs
