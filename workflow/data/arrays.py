"""Files of arrays: written whole, streamed where they are large, and read with an error that names them."""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from workflow.errors import UserError, reason
from workflow.files import writing

HEADER = 128  # bytes of the header of a streamed file


def write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the header of uint8: HEADER bytes, as numpy leaves room for the number of rows to grow."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def save(path: Path, array: np.ndarray) -> None:
    """Write a whole array."""
    with writing(path) as file:
        np.save(file, array)


def load(path: Path) -> np.ndarray:
    """The array in a file, that of images mapped into memory; UserError if there is none."""
    try:
        return np.load(path, mmap_mode="r" if path.stem == "images" else None)
    except Exception as error:  # numpy takes a header for source code, and raises what that may raise
        raise UserError(f"{path} cannot be read ({reason(error)}): delete its folder and build it again") from error


def load_arrays(path: Path, first: str, again: str) -> dict[str, np.ndarray]:
    """The arrays of a .npz file; UserError if there is none, which says what makes it `first`, or it is broken, which
    says what makes it `again`."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: {first}") from error
    except Exception as error:  # zipfile and numpy raise many kinds for what they do not expect
        raise UserError(f"{path} cannot be read ({reason(error)}): delete it and {again}") from error
