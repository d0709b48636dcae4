"""Reading a cell and a split, and refusing what does not fit together before any number is made of it."""

import zipfile
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workflow.errors import UserError
from workflow.evaluating.closed import Tail
from workflow.files import atomic, read_json

PARTS = ("validation", "test")
SPLIT_ARRAYS = (
    "eval_rows",
    "shots",
    "distractors",
    *(
        f"{part}_{array}"
        for part in PARTS
        for array in (
            *("hard_pairs", "hard_same", "random_pairs", "random_same", "all", "all_class"),
            *("gallery", "gallery_class", "probe", "probe_class"),
            *("closed_gallery", "closed_gallery_label", "closed_probe", "closed_probe_label"),
        )
    ),
)


@dataclass(frozen=True)
class Split:
    """The arrays of split.npz by name, the long-tail thresholds and the hashes of split.json."""

    arrays: Mapping[str, np.ndarray]
    tail: Tail
    hash: str
    dataset_hash: str


def load_split(path: Path) -> Split:
    """Read split.npz and the split.json beside it; UserError names what is missing."""
    facts = read_json(Path(path).with_suffix(".json"))
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in SPLIT_ARRAYS}
        many, medium = (int(facts["shots"][band]) for band in ("many", "medium"))
        split = Split(arrays, Tail(arrays["shots"], many, medium), facts["hash"], facts["dataset_hash"])
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: make the split first (python -m workflow.data --help)") from error
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} is not a whole split ({error}): delete it and make it again") from error
    for part in PARTS:
        _check_galleries(path, arrays, part)
        _check_positions(path, arrays, part)
    return split


def load_run(cell: Path) -> dict[str, Any]:
    """The cell's run.json."""
    return read_json(Path(cell) / "run.json")


def check_split(run: Mapping[str, Any], cell: Path, split: Split) -> None:
    """Refuse a cell that was trained on another split: its test images may have been its training images."""
    if run["split_hash"] != split.hash:
        raise UserError(f"{cell} was trained on another split: delete the cell's folder and train it again")


def save_array(path: Path, array: np.ndarray) -> None:
    """Write a .npy file atomically."""
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def load_rows(cell: Path, name: str, allowed: Collection[int]) -> np.ndarray:
    """float16 unit rows (n, D) of `name` in the cell; UserError if not finite, not unit, or n is not `allowed`."""
    path = Path(cell) / name
    try:
        found = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise UserError(
            f"{path} does not exist: run `python -m workflow.evaluating embed` for this cell first"
        ) from error
    except (ValueError, OSError, EOFError) as error:
        raise UserError(f"{path} cannot be read ({error}): delete it and embed the cell again") from error
    if found.ndim != 2 or found.dtype != np.float16 or len(found) not in allowed:
        wanted = " or ".join(map(str, allowed))
        raise UserError(f"{path} holds {found.dtype} {found.shape}, not {wanted} rows of float16: embed the cell again")
    check_unit(found, str(path))
    return found


def check_unit(rows: np.ndarray, where: str) -> None:
    """Refuse rows that are not finite or not of length 1 (beyond rounding); a row of zeros may be, and scores ill."""
    length = np.linalg.norm(rows.astype(np.float32), axis=1)
    if broken := int(np.count_nonzero(~np.isfinite(length))):
        raise UserError(f"{where}: {broken} of {len(rows)} rows are not finite; train the cell again with a lower rate")
    if ((np.abs(length - 1) > 0.01) & (length > 0)).any():
        raise UserError(f"{where}: the rows are not of unit length; embed the cell again")


def _check_galleries(path: Path, arrays: Mapping[str, np.ndarray], part: str) -> None:
    for gallery, probe in (("gallery_class", "probe_class"), ("closed_gallery_label", "closed_probe_label")):
        known, asked = arrays[f"{part}_{gallery}"], arrays[f"{part}_{probe}"]
        if len(np.unique(known)) != len(known):
            raise UserError(f"{path}: {part}_{gallery} names a class twice; make the split again")
        if not np.isin(asked, known).all():
            raise UserError(f"{path}: {part}_{probe} names a class without a gallery image; make the split again")
    if not np.array_equal(np.sort(arrays[f"{part}_closed_gallery_label"]), np.arange(len(arrays["shots"]))):
        raise UserError(f"{path}: {part}_closed_gallery does not hold every training class; make the split again")


def _check_positions(path: Path, arrays: Mapping[str, np.ndarray], part: str) -> None:
    rows = len(arrays["eval_rows"])
    for name in ("hard_pairs", "random_pairs", "all", "gallery", "probe", "closed_gallery", "closed_probe"):
        positions = arrays[f"{part}_{name}"]
        if positions.size and not 0 <= positions.min() <= positions.max() < rows:
            raise UserError(f"{path}: {part}_{name} points outside eval_rows; make the split again")
