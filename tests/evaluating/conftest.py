"""A small split with embeddings whose quality is known: classes are random directions, images noisy copies of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workflow.cells.records import RunRecord, ShotLimits, SplitRecord
from workflow.data.split_file import Split, split_hash

Arrays = dict[str, np.ndarray]
TRAINING, OPEN, PROBES, DISTRACTORS, PAIRS = 40, 30, 4, 25, 300


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def split_of(arrays: Arrays) -> Split:
    """A split of `arrays` that classes from 7 images on count as many in, and from 3 on as medium."""
    record = SplitRecord(
        protocol=SplitRecord.PROTOCOL,
        hash=split_hash(arrays),
        dataset="set",
        dataset_hash="d1",
        settings={},
        seed=0,
        counts={},
        shots=ShotLimits(many=7, medium=3),
        classes=[],
    )
    return Split(arrays, record)


class World:
    """`rows` (R, D) float16 and the `split` whose `arrays` name them; `centres` (C, D) float16."""

    def __init__(self, seed: int, noise: float, dim: int = 12):
        self.random, self.noise, self.dim = np.random.default_rng(seed), noise, dim
        self.parts: list[np.ndarray] = []
        self.size = 0
        centres = self.random.standard_normal((TRAINING, dim))
        self.centres, self.arrays = unit(centres), {}
        gallery = self.images(centres)
        for index, part in enumerate(("validation", "test")):
            self.open_set(part)
            label = np.repeat(np.arange(index, TRAINING, 2), PROBES)
            closed = {"gallery": gallery, "gallery_label": np.arange(TRAINING)}
            closed |= {"probe": self.images(centres[label]), "probe_label": label}
            self.arrays |= {f"{part}_closed_{name}": array for name, array in closed.items()}
        self.arrays["distractors"] = self.images(self.random.standard_normal((DISTRACTORS, dim)))
        self.arrays["shots"] = np.sort(self.random.integers(1, 11, TRAINING))[::-1].copy()
        self.arrays["eval_rows"] = 3 * np.arange(self.size)
        self.arrays["train_rows"] = 3 * self.size + np.arange(self.arrays["shots"].sum())
        self.arrays["train_labels"] = np.repeat(np.arange(TRAINING), self.arrays["shots"])
        labels = self.arrays["train_labels"]
        self.arrays |= {"enrolled_rows": 3 * np.arange(len(labels)) + 1, "enrolled_labels": labels}
        self.rows, self.split = np.concatenate(self.parts), split_of(self.arrays)

    def images(self, means: np.ndarray) -> np.ndarray:
        self.parts.append(unit(means + self.noise * self.random.standard_normal(means.shape)))
        self.size += len(means)
        return np.arange(self.size - len(means), self.size)

    def open_set(self, part: str) -> None:
        means = self.random.standard_normal((OPEN, self.dim))
        classes = self.random.permutation(1000)[:OPEN]
        probe_class = np.repeat(np.arange(OPEN), PROBES)
        gallery, probe = self.images(means), self.images(means[probe_class])
        own: Arrays = {
            "gallery": gallery,
            "gallery_class": classes,
            "probe": probe,
            "probe_class": classes[probe_class],
        }
        own |= {"all": probe, "all_class": classes[probe_class]}
        for kind in ("hard", "random"):
            first, second = self.random.integers(0, len(probe), (2, PAIRS))
            second[::2] = first[::2] // PROBES * PROBES + (first[::2] + 1) % PROBES
            own |= {f"{kind}_pairs": np.stack([probe[first], probe[second]], 1)}
            own |= {f"{kind}_same": probe_class[first] == probe_class[second]}
        self.arrays |= {f"{part}_{name}": array for name, array in own.items()}


@pytest.fixture(scope="session")
def make_world() -> Callable[..., World]:
    return World


@pytest.fixture(scope="session")
def world() -> World:
    return World(seed=0, noise=0.6)


@pytest.fixture
def make_cell(world: World, tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Write a split and a cell on disk; returns the cell's folder and the split's file."""

    def make(outcome: str = "ok", reason: str | None = None, split_hash: str | None = None) -> tuple[Path, Path]:
        cell, split = tmp_path / "dcq" / "0.3" / "0", tmp_path / "split.npz"
        cell.mkdir(parents=True, exist_ok=True)
        np.savez(split, **world.arrays)
        world.split.record.write(split.with_suffix(".json"))
        run_record(outcome, reason, split_hash or world.split.record.hash).write(cell / "run.json")
        np.save(cell / "embeddings.npy", world.rows)
        np.save(cell / "centres.npy", world.centres)
        np.save(cell / "means.npy", world.centres)
        return cell, split

    return make


def run_record(outcome: str, reason: str | None, split_hash: str) -> RunRecord:
    """run.json of a cell that trained a small backbone under dcq."""
    name = {"profile": "quick", "dataset": "set", "backbone": "small", "label": "dcq", "head": "dcq"}
    facts = {
        "start": "2026-01-01T00:00:00+00:00",
        "cell": name | {"ratio": 0.3, "seed": 0},
        "parameters": {"options": {}, "train": {}, "backbone": {"name": "small", "width": 8, "dim": 12}},
        "declared": {"batches": "half pairs", "evaluates": "query"},
        "dataset": {"name": "set", "hash": "d1"},
        "split_hash": split_hash,
        "device": "cpu",
        "precision": "fp32",
        "steps": 211,
        "planned_steps": 600,
        "seconds": 104.4,
        "outcome": outcome,
        "reason": reason,
    }
    return RunRecord.model_validate(facts)
