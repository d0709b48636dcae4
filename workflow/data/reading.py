"""Image files made into arrays, some at a time, so that several processes can do it; what goes wrong names the file."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from workflow.data.pixels import picture
from workflow.data.processes import ProcessDied, at, in_parallel
from workflow.data.walk import Entry
from workflow.errors import UserError
from workflow.names import shown

NO_PICTURES = {"PDF", "PALM", "BUFR", "GRIB", "HDF5", "MPEG"}
"""formats that Pillow knows by name, and can read no picture of"""


@dataclass(frozen=True)
class Files:
    """Some image files of known classes, int64 (n,), and what is to become of them."""

    files: tuple[Path, ...]
    classes: np.ndarray
    size: int
    mode: str
    ground: str


Read = tuple[np.ndarray, list[str | None]]
"""images, uint8 (n, size, size) or (n, size, size, 3), and for each why it could not be read"""


def is_image(entry: Entry) -> bool:
    """Whether an entry is a file with an image's name."""
    known = Image.registered_extensions()
    return entry.problem is None and known.get(entry.path.suffix.lower(), "PDF") not in NO_PICTURES


def read_all(tasks: Sequence[Files], jobs: int) -> Iterator[Read]:
    """What came of every task, in order, by `jobs` processes; UserError with the file at which one of them died."""
    try:
        yield from in_parallel(read, tasks, jobs)
    except ProcessDied as died:
        raise UserError(_last_words(died)) from died


def read(task: Files) -> Read:
    """Open, turn upright, shrink to the short side, crop the centre."""
    shape = (len(task.files), task.size, task.size, *((3,) if task.mode == "RGB" else ()))
    images = np.zeros(shape, np.uint8)
    problems: list[str | None] = []
    for number, path in enumerate(task.files):
        at(number)
        try:
            images[number] = _square(path, task)
            problems.append(None)
        except Exception as error:  # a decoder raises whatever it likes
            problems.append(_problem(error, path))
    return images, problems


def _last_words(died: ProcessDied[Files]) -> str:
    path = shown(died.task.files[died.part])
    if died.crashed:
        return f"{path} cannot be read (the process that tried {died.ending}): delete it"
    return f"{died}; it was reading {path}"


def _square(path: Path, task: Files) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is odd about a file whose picture is whole
        seen = picture(path, task.mode, task.ground)
    return np.asarray(ImageOps.fit(seen, (task.size, task.size), Image.Resampling.BICUBIC))


def _problem(error: Exception, path: Path) -> str:
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    words = " ".join(str(error).replace(repr(str(path))[1:-1], path.name).split())
    return shown(words) or type(error).__name__
