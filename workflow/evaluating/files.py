"""The arrays in a cell's folder, and what must fit together before any number is made of it."""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from workflow.cells.paths import RUN
from workflow.cells.records import RunRecord
from workflow.data.split_file import Split
from workflow.errors import UserError
from workflow.files import atomic


def load_run(cell: Path, split: Split) -> RunRecord:
    """The cell's run.json; UserError if it was trained on another split: test images may have been training images."""
    run = RunRecord.read(cell / RUN)
    if run.split_hash != split.record.hash:
        raise UserError(f"{cell} was trained on another split: delete the cell's folder and train it again")
    return run


def save_array(path: Path, array: np.ndarray) -> None:
    """Write a .npy file atomically."""
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a .npz file atomically."""
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_rows(cell: Path, name: str, allowed: Collection[int]) -> np.ndarray:
    """float16 unit rows (n, D) of `name` in the cell; UserError if not finite, not unit, or n is not `allowed`."""
    path = Path(cell) / name
    try:
        found: np.ndarray = np.load(path, allow_pickle=False)
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
