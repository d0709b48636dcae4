"""Image files made into arrays, some at a time, so that several processes can do it; what goes wrong names the file."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
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
    """Some image files of known classes, int64 (n,), and what is to become of them.

    `deadly` says of files, by their place, how a process died of them.
    """

    files: tuple[Path, ...]
    classes: np.ndarray
    size: int
    mode: str
    ground: str
    deadly: dict[int, str] = field(default_factory=dict)


Read = tuple[np.ndarray, list[str | None]]
"""images, uint8 (n, size, size) or (n, size, size, 3), and for each why it could not be read"""


def is_image(entry: Entry) -> bool:
    """Whether an entry is a file with an image's name."""
    known = Image.registered_extensions()
    return entry.problem is None and known.get(entry.path.suffix.lower(), "PDF") not in NO_PICTURES


def read_all(tasks: Sequence[Files], jobs: int) -> Iterator[Read]:
    """What came of every task, in order, by `jobs` processes. A file that one of them crashes on cannot be read.

    UserError with the file that was read when one of them was killed.
    """
    waiting = list(tasks)
    while waiting:
        try:
            for result in in_parallel(read, waiting, jobs):
                yield result
                waiting = waiting[1:]
        except ProcessDied as died:
            if not died.crashed:
                path = died.task.files[died.part]
                raise UserError(f"{died}; it was reading {shown(path)}") from died
            waiting = [_without(died) if task is died.task else task for task in waiting]


def read(task: Files) -> Read:
    """Open, turn upright, shrink to the short side, crop the centre."""
    shape = (len(task.files), task.size, task.size, *((3,) if task.mode == "RGB" else ()))
    images = np.zeros(shape, np.uint8)
    problems: list[str | None] = []
    for number, path in enumerate(task.files):
        at(number)
        try:
            if number in task.deadly:
                raise ValueError(task.deadly[number])
            images[number] = _square(path, task)
            problems.append(None)
        except Exception as error:  # a decoder raises whatever it likes
            problems.append(_problem(error, path))
    return images, problems


def _without(died: ProcessDied[Files]) -> Files:
    """The task again, but for the file that the process died of."""
    return replace(died.task, deadly=died.task.deadly | {died.part: f"the process that tried {died.ending}"})


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
