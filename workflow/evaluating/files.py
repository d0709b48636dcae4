"""The arrays in a cell's folder, and what must fit together before any number is made of it."""

import hashlib
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from workflow.cells.paths import CENTRES, EMBEDDINGS, MEANS, RUN, SETS
from workflow.cells.records import RunRecord
from workflow.console import log
from workflow.data.split_file import Split
from workflow.endings import Ended, Ending
from workflow.errors import UserError, reason
from workflow.files import writing


def load_run(cell: Path, split: Split) -> RunRecord:
    """The cell's run.json; UserError if it was trained on another split: test images may have been training images."""
    run = RunRecord.read(cell / RUN)
    if run.split_hash != split.record.hash:
        raise UserError(f"{cell} was trained on another split: delete the cell's folder and train it again")
    return run


def save_array(path: Path, array: np.ndarray) -> None:
    """Write a .npy file atomically, its hash behind the array as a second one: np.load finds the first."""
    with writing(path) as file:
        np.save(file, array, allow_pickle=False)
        np.save(file, _hash(array), allow_pickle=False)


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a .npz file atomically."""
    with writing(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def save_lost(cell: Path, ending: Ending) -> None:
    """Write the arrays of a cell whose embedding ended so: no rows, and that of the embeddings holds words."""
    for name in (CENTRES, MEANS):
        save_array(cell / name, np.zeros((0, 0), np.float16))
    save_arrays(cell / SETS, {})
    save_array(cell / EMBEDDINGS, np.array([ending.outcome, ending.reason]))


def how_embedded(cell: Path) -> Ending:
    """How the embedding of a cell ended, by what `save_lost` may have written; ok of any other file."""
    with suppress(Exception):  # whatever is wrong with it, `load_rows` says
        found = np.load(cell / EMBEDDINGS, mmap_mode="r", allow_pickle=False)
        if found.dtype.kind == "U":
            return Ending(*found.tolist())
    return Ending("ok")


def load_rows(cell: Path, name: str, allowed: Collection[int]) -> np.ndarray:
    """float16 unit rows (n, D) of `name` in the cell; UserError if not finite, not unit, n is not `allowed`, or they
    are not what was written."""
    path = Path(cell) / name
    try:
        found, stored = _read(path)
    except FileNotFoundError as error:
        raise UserError(
            f"{path} does not exist: run `python -m workflow.evaluating embed` for this cell first"
        ) from error
    except Exception as error:  # numpy takes a header for source code, and raises what that may raise
        raise UserError(f"{path} cannot be read ({reason(error)}): delete it and embed the cell again") from error
    if found.ndim != 2 or found.dtype != np.float16 or len(found) not in allowed:
        wanted = " or ".join(map(str, allowed))
        raise UserError(f"{path} holds {found.dtype} {found.shape}, not {wanted} rows of float16: embed the cell again")
    if stored is None:
        log(f"{path} was written without a hash: not verified")
    elif not np.array_equal(stored, _hash(found)):
        raise UserError(f"{path} is not what was written, its hash differs: delete it and embed the cell again")
    check_unit(found, str(path))
    return found


def _read(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """The array in a file, and the hash behind it; None of before there was one."""
    with path.open("rb") as file:
        found: np.ndarray = np.load(file, allow_pickle=False)
        rest = file.read(1)
        file.seek(-len(rest), 1)
        return found, np.load(file, allow_pickle=False) if rest else None


def _hash(array: np.ndarray) -> np.ndarray:
    """SHA-256 of the array's type, shape and content, uint8 (32,)."""
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    digest.update(np.ascontiguousarray(array).data)
    return np.frombuffer(digest.digest(), np.uint8)


def check_finite(rows: np.ndarray, where: str) -> None:
    """Ended, as diverged, where embeddings that were just made are not finite."""
    if broken := int(np.count_nonzero(~np.isfinite(rows).all(axis=1))):
        raise Ended(Ending("diverged", f"{where}: {broken:,} of {len(rows):,} rows are not finite"))


def check_unit(rows: np.ndarray, where: str) -> None:
    """Refuse rows that are not finite or not of length 1 (beyond rounding); a row of zeros may be, and scores ill."""
    length = np.linalg.norm(rows.astype(np.float32), axis=1)
    if broken := int(np.count_nonzero(~np.isfinite(length))):
        raise UserError(f"{where}: {broken} of {len(rows)} rows are not finite; train the cell again with a lower rate")
    if ((np.abs(length - 1) > 0.01) & (length > 0)).any():
        raise UserError(f"{where}: the rows are not of unit length; embed the cell again")
