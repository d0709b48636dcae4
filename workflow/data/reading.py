"""Encoded images made into arrays, some at a time, so that several processes can do it, with what is wrong of each."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TypeVar, overload

import numpy as np
from PIL import Image, ImageOps

from workflow.data.formats.encoded import Place, content
from workflow.data.pixels import picture
from workflow.data.processes import ProcessDied, at, in_parallel
from workflow.data.sieve import dim, hashes
from workflow.data.similar import pooled
from workflow.errors import UserError
from workflow.names import shown

R = TypeVar("R")
MODES = {"grey": "L", "rgb": "RGB"}
"""Pillow's, by `data.colour`"""
MEMORY = re.compile(r" ?<_io.BytesIO object at 0x[0-9a-f]+>")
"""how Pillow names an image that is no file"""


@dataclass(frozen=True)
class Files:
    """Some image files, or places of images in files, of known classes, int64 (n,), and what is to become of them.

    `deadly` says of files, by their place, how a process died of them; `number` is which task of all it is.
    """

    files: tuple[Path | Place, ...]
    classes: np.ndarray
    size: int
    mode: str
    ground: str
    deadly: dict[int, str] = field(default_factory=dict)
    number: int = 0


class Tasks(Sequence[Files]):
    """Tasks that are made when they are asked for, so that those of millions of images need no memory.

    `make` makes one by its number; `numbers` are those there are, and `changed` has some that are other than made.
    """

    def __init__(self, make: Callable[[int], Files], numbers: range, changed: Mapping[int, Files]) -> None:
        self.make, self.numbers, self.changed = make, numbers, changed

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> Files: ...
    @overload
    def __getitem__(self, place: slice) -> "Tasks": ...
    def __getitem__(self, place: int | slice) -> "Files | Tasks":
        if isinstance(place, slice):
            return Tasks(self.make, self.numbers[place], self.changed)
        number = self.numbers[place]
        return self.changed.get(number) or replace(self.make(number), number=number)


Read = tuple[np.ndarray, list[str | None]]
"""images, uint8 (n, size, size) or (n, size, size, 3), and for each why it could not be read"""


class Seen(NamedTuple):
    """What is kept of images that are looked at and not stored: hashes of their pixels, uint64 (n,), the images pooled
    as look-alikes are told by, uint8 (n, F), whether they are dim, bool (n,), and for each why it could not be read."""

    hashes: np.ndarray
    pooled: np.ndarray
    dim: np.ndarray
    problems: list[str | None]


def read_all(function: Callable[[Files], R], tasks: Sequence[Files], jobs: int) -> Iterator[R]:
    """What `function`, `read` or `look_at`, makes of every task, in order, by `jobs` processes and not by this one. An
    image that one of them crashes on cannot be read.

    UserError with the image that was read when one of them was killed.
    """
    done, changed = 0, dict[int, Files]()
    while done < len(tasks):
        try:
            waiting = Tasks(tasks.__getitem__, range(done, len(tasks)), changed)
            for result in in_parallel(function, waiting, jobs, apart=True):
                yield result
                done += 1
        except ProcessDied as died:
            if not died.crashed:
                raise UserError(f"{died}; it was reading {_told(died.task.files[died.part])}") from died
            changed[died.task.number] = _without(died)


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
            source = path if isinstance(path, Path) else content(path)
            images[number] = square(source, task.size, task.mode, task.ground)
            problems.append(None)
        except Exception as error:  # a decoder raises whatever it likes
            problems.append(_problem(error, path))
    return images, problems


def look_at(task: Files) -> Seen:
    """The same, without keeping the images."""
    images, problems = read(task)
    return Seen(hashes(images), pooled(images), dim(images), problems)


def square(source: Path | bytes, size: int, mode: str, ground: str) -> np.ndarray:
    """The image in a file, or of encoded bytes, uint8 (size, size) or (size, size, 3). Raises what a decoder raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is odd about a file whose picture is whole
        seen = picture(source, mode, ground)
    return np.asarray(ImageOps.fit(seen, (size, size), Image.Resampling.BICUBIC))


def _told(image: Path | Place) -> str:
    return shown(image) if isinstance(image, Path) else f"{shown(image.file)} at byte {image.offset:,}"


def _without(died: ProcessDied[Files]) -> Files:
    """The task again, but for the file that the process died of."""
    return replace(died.task, deadly=died.task.deadly | {died.part: f"the process that tried {died.ending}"})


def _problem(error: Exception, image: Path | Place) -> str:
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    words, path = str(error), image if isinstance(image, Path) else image.file
    words = " ".join(MEMORY.sub("", words.replace(repr(str(path))[1:-1], path.name)).split())
    return shown(words) or type(error).__name__
