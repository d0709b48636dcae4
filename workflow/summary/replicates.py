"""Replicates of test scores under resampled classes, in whole hundred-thousandths, as they lie on disk.

The evaluation writes an array a score. What is published is packed: differences to each score's least value, first all
lowest bytes, then all next ones, which compress to a third. Both are read as the same numbers.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_LZMA, ZipFile, ZipInfo

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
            least, above = stored["least"].astype(np.int64), whole(stored["above"])
            return dict(zip(stored["scores"].tolist(), least[:, None] + above, strict=True))
        arrays = {score: stored[score].astype(np.float64) for score in stored.files}
    return {score: np.rint(row / UNIT).astype(np.int64) for score, row in arrays.items() if np.isfinite(row).all()}


def whole(bytes_: np.ndarray) -> np.ndarray:
    """Numbers (S, R) int64 from their bytes (B, S, R), the lowest first; those of older files (S, R) are whole."""
    every = (bytes_ if bytes_.ndim == 3 else bytes_[None]).astype(np.int64)
    weights: np.ndarray = 256 ** np.arange(len(every), dtype=np.int64)
    return np.tensordot(weights, every, axes=1)


def pack(replicates: Mapping[str, np.ndarray], path: Path) -> None:
    """Write them packed."""
    rows = np.array(list(replicates.values()), np.int64) if replicates else np.zeros((0, 1), np.int64)
    least = rows.min(axis=1)
    above = rows - least[:, None]
    count = max(1, -(-int(above.max(initial=0)).bit_length() // 8))
    bytes_ = np.array([above >> 8 * place & 255 for place in range(count)], np.uint8)
    arrays = {"scores": np.array(list(replicates), np.str_), "least": least, "above": bytes_}
    with writing(path) as file, ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            member = ZipInfo(f"{name}.npy")  # of a fixed date: the same numbers are the same file
            member.compress_type = ZIP_LZMA
            np.lib.format.write_array(content := BytesIO(), array, allow_pickle=False)
            archive.writestr(member, content.getvalue())
