"""A small split with embeddings whose quality is known: classes are random directions, images noisy copies of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workflow.evaluating.closed import Tail

Arrays = dict[str, np.ndarray]
TRAINING, OPEN, PROBES, DISTRACTORS, PAIRS = 40, 30, 4, 25, 300


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


class World:
    """`rows` (R, D) float16 and the split `arrays` that name them; `centres` (C, D) float16."""

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
        self.rows, self.tail = np.concatenate(self.parts), Tail(self.arrays["shots"], 7, 3)

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

    def make(outcome: str = "ok", reason: str | None = None, **changes: Any) -> tuple[Path, Path]:
        cell, split = tmp_path / "dcq" / "0.3" / "0", tmp_path / "split.npz"
        cell.mkdir(parents=True, exist_ok=True)
        np.savez(split, **world.arrays)
        facts = {"hash": "s1", "dataset_hash": "d1", "shots": {"many": 7, "medium": 3}}
        split.with_suffix(".json").write_text(json.dumps(facts))
        run = {"cell": {"label": "dcq", "head": "dcq", "ratio": 0.3, "seed": 0}, "outcome": outcome, "reason": reason}
        run |= {"split_hash": "s1", "steps": 211, "seconds": 104.4}
        run |= {"parameters": {"backbone": {"name": "small", "width": 4, "dim": 12}}}
        run |= {"declared": {"evaluates": "query"}}
        (cell / "run.json").write_text(json.dumps(run | changes))
        np.save(cell / "embeddings.npy", world.rows)
        np.save(cell / "centres.npy", world.centres)
        return cell, split

    return make
