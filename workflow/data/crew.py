"""Processes that prepare the images of the steps to come, in memory that they share with the one that trains.

Each makes its contiguous part of every view, by random numbers that are drawn for the whole of it: the pixels are those
that one process makes, whatever the number of processes. Beside a GPU they only decode, and the GPU distorts.
"""

import math
import multiprocessing
import weakref
from collections import deque
from collections.abc import Sequence
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from workflow.allocator import keep_freed_memory
from workflow.data.images import Images
from workflow.data.pictures import Want, pictures, taken
from workflow.data.processes import ProcessDied, Worker
from workflow.data.store import check_mapped, open_images

STEPS = 3
"""whose images are in memory at a time: of the step that is taken, and of those to come"""


class LoaderDied(Exception):
    """A process of the loader was killed, or crashed: so its cell ended."""


class Part(NamedTuple):
    """Images that one process makes, and the byte of the shared memory that they begin at."""

    want: Want
    start: int


class Maker:
    """What a process does: makes parts, into `memory`. It opens the images itself, when it has its first task."""

    def __init__(self, folder: Path, memory: "RawArray", level: str | None) -> None:  # type: ignore[valid-type]
        self.folder, self.memory, self.level = folder, memory, level
        self.images: Images | None = None

    def __call__(self, parts: Sequence[Part]) -> None:
        if self.images is None:
            keep_freed_memory()
            torch.set_num_threads(1)
            self.images = open_images(self.folder)
        for want, start in parts:
            made = taken(self.images, want.rows)
            if self.level is not None:
                made = pictures(made, want, self.level, torch.device("cpu")).numpy()
            place = np.frombuffer(self.memory, np.uint8, made.nbytes, start)  # type: ignore[call-overload]
            place.view(made.dtype)[:] = made.ravel()


class Crew:
    """`count` processes that make images of the set in `folder`, whose images are (H, W[, 3]), for the steps ahead.

    level: how they are distorted, for float32 (n, ch, H, W); None for the pixels alone, uint8 (n, H, W[, 3]).
    """

    def __init__(self, folder: Path, image: tuple[int, ...], level: str | None, count: int) -> None:
        self.folder, self.level, self.count = folder, level, count
        channels = image[2:] or (1,)
        self.image = image if level is None else (*channels, *image[:2])
        self.kind = np.dtype(np.uint8 if level is None else np.float32)
        self.begun: deque[tuple[int, list[Want], int]] = deque()
        self.workers: list[Worker[Sequence[Part], None]] = []
        self.free: deque[int] = deque()

    def begin(self, step: int, wants: list[Want]) -> None:
        """Have the images of a step made, behind those of the steps begun before."""
        if not self.workers:
            self._start(self._bytes(wants))
        slot = self.free.popleft()
        for number, worker in enumerate(self.workers):
            worker.take(step, self._parts(wants, slot, number))
        self.begun.append((step, wants, slot))

    def end(self) -> list[np.ndarray]:
        """The images of the step that was begun first, one array a view. UserError where a process failed, or
        its images are cut off, LoaderDied where it died of something else."""
        _, wants, slot = self.begun.popleft()
        for answer in [self._answer(worker) for worker in self.workers]:
            answer.value()
        self.free.append(slot)
        return [self._view(want, start).copy() for want, start in zip(wants, self._starts(wants, slot), strict=True)]

    @property
    def coming(self) -> list[int]:
        """The steps that are begun and not ended."""
        return [step for step, *_ in self.begun]

    def drop(self) -> None:
        """Forget all that is begun: another step is wanted than was expected."""
        while self.begun:
            self.end()

    def close(self) -> None:
        """End the processes."""
        _end(self.workers)
        self.begun.clear()
        self.free.clear()

    def _start(self, size: int) -> None:
        self.memory = multiprocessing.get_context("spawn").RawArray("B", STEPS * size)
        self.size = size
        self.free = deque(slot * size for slot in range(STEPS))
        maker = Maker(self.folder, self.memory, self.level)
        self.workers.extend(Worker(maker) for _ in range(self.count))
        weakref.finalize(self, _end, self.workers)

    def _answer(self, worker: "Worker[Sequence[Part], None]"):  # type: ignore[no-untyped-def]
        try:
            return worker.answer()
        except ProcessDied as died:
            self.close()
            check_mapped(self.folder)
            raise LoaderDied(
                f"a process of the loader {died.ending}: if memory was short, lower train.workers or train.batch"
            ) from died

    def _parts(self, wants: Sequence[Want], slot: int, number: int) -> list[Part]:
        """What process `number` makes of every view."""
        found = []
        for want, start in zip(wants, self._starts(wants, slot), strict=True):
            first, last = (len(want.rows) * edge // self.count for edge in (number, number + 1))
            if first < last:
                found.append(Part(want.part(first, last), start + first * self._image_bytes))
        return found

    def _starts(self, wants: Sequence[Want], slot: int) -> list[int]:
        """The byte that each view begins at."""
        lengths = [len(want.rows) * self._image_bytes for want in wants]
        return [slot + sum(lengths[:place]) for place in range(len(lengths))]

    def _view(self, want: Want, start: int) -> np.ndarray:
        shape = (len(want.rows), *self.image)
        return np.frombuffer(self.memory, self.kind, math.prod(shape), start).reshape(shape)

    def _bytes(self, wants: Sequence[Want]) -> int:
        return sum(len(want.rows) for want in wants) * self._image_bytes

    @property
    def _image_bytes(self) -> int:
        return math.prod(self.image) * self.kind.itemsize


def _end(workers: "list[Worker[Sequence[Part], None]]") -> None:
    while workers:
        workers.pop().end()
