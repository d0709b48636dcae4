"""Records: MADE UP FOR THE TESTS, meaningless in value; nothing here was measured."""

from collections.abc import Sequence
from pathlib import Path

from tests.records.costs import write_cost
from tests.records.fair import write_fair
from tests.records.plan import CLASSES, HOSTILE, LADDER, PROVENANCE, ROWS, SEEDS, cost_path, folder_of, planned
from tests.records.runs import write_run
from workflow.cells.cost_records import MachineRecord
from workflow.cells.paths import MANIFEST
from workflow.cells.records import SplitRecord
from workflow.files import write_json

__all__ = [
    "HOSTILE",
    "LADDER",
    "ROWS",
    "SEEDS",
    "build",
    "cost_path",
    "folder_of",
    "manifest_of",
    "planned",
    "write_fair",
]


def build(root: Path, seeds: Sequence[int] = SEEDS) -> Path:
    """Write a whole profile under `root` and return results/default; f2c seed 1 diverged, one fc cost cell is OOM."""
    profile = root / "results" / "default"
    write_shared(root, profile)
    for label, ratio in ROWS:
        for seed in seeds:
            write_run(profile, label, ratio, seed)
        for classes in LADDER:
            write_cost(profile, "head", label, ratio, classes)
        write_cost(profile, "end-to-end", label, ratio, CLASSES)
    return profile


def manifest_of(root: Path) -> Path:
    """The data set's manifest of a profile that `build` wrote under `root`."""
    return root / "data/glyphs-s-0a1b2c3d" / MANIFEST


def write_shared(root: Path, profile: Path) -> None:
    """The data set's manifest, the split and the machine's rates."""
    ofl = {"sha256": "aa", "licence": "OFL-1.1"}
    sources = [
        {**ofl, "package": "made-up-fonts", "version": "1.0", "status": "ok", "reason": None},
        {**ofl, "package": "gone-fonts", "version": "2.0", "status": "missing", "reason": "404"},
    ]
    manifest = {"name": "glyphs-s", "hash": "datahash", "images": 457_285, "classes": ["a", "b"], "groups": [{}] * 20}
    write_json(manifest_of(root), {**manifest, "sources": sources, "rejected": {"blank": 3}})
    counts = {"train_images": 18_267, "train_classes": CLASSES, "many": 1044, "medium": 1134, "few": 2822}
    SplitRecord(
        protocol="headroom-2",
        hash="splithash",
        dataset="glyphs-s",
        dataset_hash="datahash",
        settings={"tail": "pareto"},
        seed=0,
        counts={**counts, "singletons": 1773},
        shots={"many": 7, "medium": 3},
        classes=["a", "b"],
    ).write(profile / "glyphs-s/split.json")
    rates = {"gemm_gflops": 60.0, "copy_gb_s": 9.0, "threads": 1, "precision": "fp32"}
    MachineRecord(device="cpu", rates=rates, nvml=None, **PROVENANCE).write(profile / "machine.json")
