"""Batches as a head declares them, each a pure function of the seed and the step: nothing to save, resumable anywhere.

Every kind draws its single images from one stream: epoch after epoch, each a random permutation of all training
images. A head that takes `instances` and one that takes `pairs` therefore see the same query images, augmented the
same way, in the same order.

Where several processes train together, each makes its contiguous share of every view and nothing else: the shares in
order of rank are the pixels that one process would make.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from heads.kit.batches import Kind, kind_of
from heads.kit.interface import Batch
from heads.kit.ranks import count as processes
from heads.kit.ranks import share
from workflow.data.augment import LEVELS, ViewRows
from workflow.data.crew import STEPS, Crew
from workflow.data.images import Images
from workflow.data.pictures import Want, pictures, taken, unit
from workflow.errors import UserError

View = tuple[np.ndarray, np.ndarray]
"""images, as positions into the training rows, and their labels"""

INSTANCES, CLASSES, MEMBERS, PARTNERS = range(4)  # independent streams of random numbers


def to_tensor(images: np.ndarray) -> Tensor:
    """uint8 images (n, H, W) or (n, H, W, 3) as float32 (n, ch, H, W) in [-1, 1], as training sees them."""
    return unit(torch.from_numpy(np.array(images))).mul_(2).sub_(1)


class Loader:
    """Serves `batch` images with gradient per step, from rows of a memory-mapped dataset.

    images: uint8 (N, H, W) or (N, H, W, 3); rows, labels: int64 (n,), the training images and their labels 0..C-1.
    kind: a name of the table in heads/kit/batches.py, which says how many views there are, how long they are and which
    of their rows pair. The partner of an image is another one of its class, or the image itself where it is alone.
    augment: none, low or mid. workers: processes that prepare the steps to come, of the data set in `folder`; without
    any, this one does it when asked. Raises UserError where the kind, the batch, the images and the number of processes
    do not fit together.
    """

    def __init__(
        self,
        images: Images,
        rows: np.ndarray,
        labels: np.ndarray,
        *,
        kind: str,
        batch: int,
        seed: int,
        augment: str = "low",
        device: torch.device | str = "cpu",
        workers: int = 0,
        folder: Path | None = None,
    ) -> None:
        self.images, self.rows, self.labels = images, np.asarray(rows), np.asarray(labels)
        self.size, self.seed, self.level = batch, seed, augment
        self.device = torch.device(device)
        self.counts = np.bincount(self.labels)
        self.order = np.argsort(self.labels, kind="stable")  # training images by class
        self.starts = np.cumsum(self.counts) - self.counts
        self.place = np.empty(len(self.rows), np.int64)  # number of each image within its class
        self.place[self.order] = np.arange(len(self.rows)) - self.starts[self.labels[self.order]]
        self._permutation = functools.lru_cache(maxsize=4)(self._permuted)
        self._views = self._views_of(kind)
        self.crew: Crew | None = None
        if workers and folder is not None:
            level = None if self.device.type == "cuda" else augment
            self.crew = Crew(folder, images.shape[1:], level, workers)

    def batch(self, step: int) -> Batch:
        """The batch of `step` (from 0), or this process's part of it: float32 views (n, ch, H, W) in [-1, 1] and their
        int64 labels (n,)."""
        wants = self._wants(step)
        made = [self._made(want) for want in wants] if self.crew is None else self._prepared(self.crew, step, wants)
        labels = tuple(labels[_own(labels)] for _, labels in self._views(step))
        return Batch(tuple(made), tuple(torch.from_numpy(own).to(self.device) for own in labels))

    def close(self) -> None:
        """End the processes that prepare batches; the next batch would start them again."""
        if self.crew is not None:
            self.crew.close()

    def _wants(self, step: int) -> list[Want]:
        """The images of every view of a step, or of this process's part of it."""
        found = []
        for number, (images, _) in enumerate(self._views(step)):
            own = _own(images)
            rows = ViewRows(own.start, own.stop, len(images))
            found.append(Want(self.rows[images[own]], rows, (self.seed, step, number)))
        return found

    def _made(self, want: Want) -> Tensor:
        return pictures(taken(self.images, want.rows), want, self.level, self.device)

    def _prepared(self, crew: Crew, step: int, wants: list[Want]) -> list[Tensor]:
        """What the processes have made for this step; they go on with the next ones."""
        if crew.coming[:1] != [step]:
            crew.drop()
            crew.begin(step, wants)
        for coming in range(step + len(crew.coming), step + STEPS):
            crew.begin(coming, self._wants(coming))
        found = crew.end()
        if crew.level is not None:
            return [torch.from_numpy(view) for view in found]
        return [pictures(view, want, self.level, self.device) for view, want in zip(found, wants, strict=True)]

    def _views_of(self, name: str) -> Callable[[int], tuple[View, ...]]:
        """The function of a step that gives the views of the kind `name`, once the batch is found to suit it."""
        try:
            kind = kind_of(name)
        except ValueError as error:
            raise UserError(str(error)) from error
        rows = kind.rows(self.size)
        views: dict[str, Callable[[int], tuple[View, ...]]] = {
            "instances": lambda step: (self._stream(step, rows),),
            "pairs": lambda step: self._pairs(step, rows),
            "even pairs": lambda step: self._even(step, rows, 2),
            "half pairs": lambda step: self._pairs(step, rows),
            "pairs+instances": self._mixed,
            "identity pairs": lambda step: self._even(step, rows, 2),
            "instance halves": lambda step: _halves(*self._stream(step, self.size)),
            "groups": lambda step: self._groups(step, kind.members),
            "large groups": lambda step: self._groups(step, kind.members),
        }
        self._check(name, kind)
        if name not in views:
            raise UserError(f"the loader makes no batch of the kind {name!r}: add it to Loader._views_of in loaders.py")
        return views[name]

    def _check(self, name: str, kind: Kind) -> None:
        if self.level not in LEVELS:
            raise UserError(f"train.augment is {self.level!r}: it must be one of {', '.join(LEVELS)}")
        if need := kind.need(self.size, processes()):
            raise UserError(f"train.batch is {self.size}: the loader {name!r} needs {need}")
        if lack := kind.lack(self.size, len(self.rows), len(self.counts)):
            raise UserError(f"train.batch is {self.size}: {lack}, lower it")

    def _stream(self, step: int, count: int) -> View:
        """Images step * count .. (step + 1) * count of the endless sequence of epochs."""
        images = self._sequence(INSTANCES, len(self.rows), step * count, count)
        return images, self.labels[images]

    def _pairs(self, step: int, count: int) -> tuple[View, View]:
        images, labels = self._stream(step, count)
        return (images, labels), (self._others(images, labels, step), labels)

    def _mixed(self, step: int) -> tuple[View, View]:
        classes = self.size // 3
        (x, labels), (y, _) = self._even(step, classes, 2)
        (ix, lx), (iy, ly) = _halves(*self._stream(step, self.size - 2 * classes))
        first = np.concatenate([x, ix]), np.concatenate([labels, lx])
        return first, (np.concatenate([y, iy]), np.concatenate([labels, ly]))

    def _groups(self, step: int, members: int) -> tuple[View]:
        images_of = self._even(step, self.size // members, members)
        images, labels = (np.stack(column, axis=1).ravel() for column in zip(*images_of, strict=True))
        return ((images, labels),)

    def _even(self, step: int, count: int, members: int) -> tuple[View, ...]:
        """`count` classes from permutations of all classes, and `members` images of each, different while they last."""
        labels = self._sequence(CLASSES, len(self.counts), step * count, count)
        rng = self._random(MEMBERS, step)
        places = np.stack([np.resize(rng.permutation(n)[:members], members) for n in self.counts[labels].tolist()])
        return tuple((self.order[self.starts[labels] + place], labels) for place in places.T)

    def _others(self, images: np.ndarray, labels: np.ndarray, step: int) -> np.ndarray:
        """For every image a random other one of its class, or itself where there is no other."""
        counts = self.counts[labels]
        away = 1 + (self._random(PARTNERS, step).random(len(images)) * (counts - 1)).astype(np.int64)
        return self.order[self.starts[labels] + (self.place[images] + np.where(counts > 1, away, 0)) % counts]

    def _sequence(self, stream: int, length: int, start: int, count: int) -> np.ndarray:
        """Items start .. start + count of permutation after permutation of range(length)."""
        places = np.arange(start, start + count)
        first, last = start // length, (start + count - 1) // length
        epochs = [self._permutation(stream, length, epoch) for epoch in range(first, last + 1)]
        return np.concatenate(epochs)[places - first * length]

    def _permuted(self, stream: int, length: int, epoch: int) -> np.ndarray:
        return self._random(stream, epoch).permutation(length)

    def _random(self, stream: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, stream, number])


def _own(view: np.ndarray) -> slice:
    """This process's share of a view's rows: all of them where it trains alone."""
    own = share(len(view))
    return slice(own.start, own.stop)


def _halves(images: np.ndarray, labels: np.ndarray) -> tuple[View, View]:
    half = len(images) // 2
    return (images[:half], labels[:half]), (images[half:], labels[half:])
