"""Replicates of test scores under resampled classes, in whole hundred-thousandths, as they lie on disk.

The evaluation writes an array a score. What is published is packed: differences to each score's least value, in the
smallest type that holds them, which compress to a third. Both are read as the same numbers.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from workflow.errors import UserError, reason
from workflow.files import writing

UNIT = 1e-5
"""a thousandth of a point, far below the spread of any score over resampled classes"""


def read(path: Path) -> dict[str, np.ndarray]:
    """By score, the replicates (R,) int64 in UNITs; scores that some replicate lacks are left out. UserError where the
    file is broken."""
    try:
        return loaded(path)
    except Exception as error:  # zipfile and numpy raise many kinds for what they do not expect
        raise UserError(f"{path} cannot be read ({reason(error)}): delete it and score the cell again") from error


def loaded(path: Path) -> dict[str, np.ndarray]:
    """What the file holds, of either form."""
    with np.load(path, allow_pickle=False) as stored:
        if "above" in stored:
            least, above = stored["least"].astype(np.int64), stored["above"].astype(np.int64)
            return dict(zip(stored["scores"].tolist(), least[:, None] + above, strict=True))
        arrays = {score: stored[score].astype(np.float64) for score in stored.files}
    return {score: np.rint(row / UNIT).astype(np.int64) for score, row in arrays.items() if np.isfinite(row).all()}


def pack(replicates: Mapping[str, np.ndarray], path: Path) -> None:
    """Write them packed."""
    rows = np.array(list(replicates.values()), np.int64) if replicates else np.zeros((0, 1), np.int64)
    least = rows.min(axis=1)
    above = rows - least[:, None]
    small = above.astype(np.min_scalar_type(above.max(initial=0)))
    arrays = {"scores": np.array(list(replicates), np.str_), "least": least, "above": small}
    with writing(path) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
