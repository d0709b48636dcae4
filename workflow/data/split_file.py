"""A split on disk, split.npz with split.json beside it: read whole, and refused if it is damaged or contradicts itself.

`train_rows`, `train_labels` (T,) and `eval_rows` (R,) are rows of the dataset, R of them ascending; `shots` (C,) are
training images of each class trained on. `enrolled_rows`, `enrolled_labels` (E,) are the images by whose mean a class
of the closed gallery is known: its training images under their true labels, evenly cut where there are very many, and
those that would have trained a class left out. All else is said of each part that is evaluated, as positions in
`eval_rows`: pairs (P, 2) with `same` (P,) bool; `all`, `gallery`, `probe` with the dataset's classes of each; the
closed gallery and its probes with training labels. `distractors` (N,) are positions too, shared by the parts.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow.cells.records import SplitRecord
from workflow.data.arrays import load_arrays
from workflow.errors import UserError

EVALUATED = ("validation", "test")
POSITIONS = ("hard_pairs", "random_pairs", "all", "gallery", "probe", "closed_gallery", "closed_probe")
FACTS = (
    *("hard_same", "random_same", "all_class", "gallery_class", "probe_class"),
    *("closed_gallery_label", "closed_probe_label"),
)
SHARED = ("train_rows", "train_labels", "shots", "enrolled_rows", "enrolled_labels", "eval_rows", "distractors")
GALLERIES = {"gallery_class": "probe_class", "closed_gallery_label": "closed_probe_label"}


@dataclass(frozen=True)
class Split:
    """A split: `arrays` by name, as in split.npz, and `record`, the content of split.json."""

    arrays: dict[str, np.ndarray]
    record: SplitRecord

    @property
    def label_counts(self) -> np.ndarray:
        """Training images of every label that a head learns, int64 (L,): L is C, or more where noise splits classes."""
        return np.bincount(self.arrays["train_labels"])

    def part(self, name: str) -> dict[str, np.ndarray]:
        """The arrays of the part `name`, one of EVALUATED, without its name before theirs, and the distractors."""
        own = {array: self.arrays[f"{name}_{array}"] for array in (*POSITIONS, *FACTS)}
        return {**own, "distractors": self.arrays["distractors"]}


def load_split(path: Path) -> Split:
    """Read split.npz and the split.json beside it.

    UserError if either is missing, cut short or not the other's, or if the arrays cannot be those of one split.
    """
    path = Path(path)
    arrays = _arrays(path)
    record = SplitRecord.read(path.with_suffix(".json"))
    if missing := [name for name in _names() if name not in arrays]:
        raise UserError(f"{path} lacks {', '.join(missing)}: delete it and make the split again")
    if split_hash(arrays) != record.hash:
        described = path.with_suffix(".json").name
        raise UserError(f"{path} is not the split that {described} describes: make the split again")
    for part in EVALUATED:
        _check_galleries(path, arrays, part)
        _check_positions(path, arrays, part)
    return Split(arrays, record)


def split_hash(arrays: Mapping[str, np.ndarray]) -> str:
    """sha256 over names, types, shapes and content of the arrays, hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape} ".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def evaluation_hash(arrays: Mapping[str, np.ndarray]) -> str:
    """sha256 over all that is asked, as images of the dataset, but for the closed-set probes: what splits share that
    differ only in what is trained on."""
    asked = {name: arrays["eval_rows"][arrays[name]] for name in _asked(POSITIONS)} | {
        name: arrays[name] for name in _asked(FACTS)
    }
    return split_hash({**asked, "distractors": arrays["eval_rows"][arrays["distractors"]]})


def _asked(names: Sequence[str]) -> list[str]:
    return [f"{part}_{name}" for part in EVALUATED for name in names if not name.startswith("closed_probe")]


def _names() -> list[str]:
    return [*SHARED, *(f"{part}_{name}" for part in EVALUATED for name in (*POSITIONS, *FACTS))]


def _arrays(path: Path) -> dict[str, np.ndarray]:
    return load_arrays(path, "make the split first (python -m workflow.data --help)", "make the split again")


def _check_galleries(path: Path, arrays: Mapping[str, np.ndarray], part: str) -> None:
    for gallery, probe in GALLERIES.items():
        known, asked = arrays[f"{part}_{gallery}"], arrays[f"{part}_{probe}"]
        if len(np.unique(known)) != len(known):
            raise UserError(f"{path}: {part}_{gallery} names a class twice; make the split again")
        if not np.isin(asked, known).all():
            raise UserError(f"{path}: {part}_{probe} names a class without a gallery image; make the split again")
    labels, probed = (arrays[f"{part}_closed_{name}_label"] for name in ("gallery", "probe"))
    if len(labels) < len(arrays["shots"]) or not np.array_equal(np.sort(labels), np.arange(len(labels))):
        raise UserError(f"{path}: {part}_closed_gallery does not hold every training class; make the split again")
    if (probed >= len(arrays["shots"])).any():
        raise UserError(f"{path}: {part}_closed_probe names a class that is not trained on; make the split again")


def _check_positions(path: Path, arrays: Mapping[str, np.ndarray], part: str) -> None:
    rows = len(arrays["eval_rows"])
    for name in POSITIONS:
        positions = arrays[f"{part}_{name}"]
        if positions.size and not 0 <= positions.min() <= positions.max() < rows:
            raise UserError(f"{path}: {part}_{name} points outside eval_rows; make the split again")
