"""Batched augmentation on the device of the images. Its random numbers are drawn on the CPU from a generator that the
caller seeds, so that every device sees the same pictures.

`low` (per image, uniform): rotation +-3.5 degrees, scale +-7.5 %, shear +-.06, shift +-5 %, contrast -15 % at most,
noise of deviation .03. `mid` doubles all of it and makes a quarter of the images thicker or thinner and a quarter
blurred.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

LEVELS = {"none": 0.0, "low": 1.0, "mid": 2.0}
ROTATION, SCALE, SHEAR, SHIFT, CONTRAST, NOISE = math.radians(3.5), 0.075, 0.06, 0.05, 0.15, 0.03
OFTEN = 0.25  # share of the images that `mid` makes thicker or thinner, and of those it blurs
BANK = 1 << 16  # numbers in the bank of noise beyond one image's: places where an image's noise may start


@dataclass(frozen=True)
class ViewRows:
    """Rows `first` .. `last` - 1 of a view of `count` images, as one of several processes makes them.

    Random numbers are drawn for the whole view, so that the processes' rows together look as one process's would.
    """

    first: int
    last: int
    count: int  # type: ignore[assignment]  # a tuple's own `count` is not needed here

    def of(self, numbers: np.ndarray, axis: int = 0) -> np.ndarray:
        """What belongs to these rows of `numbers`, which hold one entry for each row of the view along `axis`."""
        return numbers.take(range(self.first, self.last), axis)


def augment(images: Tensor, level: str, rng: np.random.Generator, own: ViewRows | None = None) -> Tensor:
    """Distort images (B, ch, H, W) float in [0, 1] independently of each other; same shape and range.

    `own` is which rows of a larger view the images are; without it they are a view by themselves.
    """
    strength, own = LEVELS[level], own or ViewRows(0, len(images), len(images))
    if not strength:
        return images
    moves = torch.from_numpy(own.of(_moves(rng, own.count, strength))).to(images.device)
    grid = _grid(moves, *images.shape[2:])
    padding = "zeros" if images.shape[1] == 1 else "border"  # glyphs stand on black, photographs have no ground
    images = grid_sample(images, grid, padding_mode=padding, align_corners=False)
    if level == "mid":
        _reshape(images, *own.of(rng.random((2, own.count)), axis=1))
    contrast = 1 - strength * CONTRAST * own.of(rng.random((own.count, 1, 1, 1), np.float32))
    images.mul_(torch.from_numpy(contrast).to(images.device))
    return images.add_(_noise(images, rng, own).mul_(strength * NOISE)).clamp_(0, 1)


def _moves(rng: np.random.Generator, count: int, strength: float) -> np.ndarray:
    """Affine maps (count, 2, 3) float32: rotation, shear and scale about the centre, then a shift."""
    turn, scale, shear, right, down = strength * (2 * rng.random((5, count)) - 1)
    turn, scale = turn * ROTATION, 1 + scale * SCALE
    moves = np.empty((count, 2, 3), np.float32)
    moves[:, 0] = np.stack([np.cos(turn), shear * SHEAR - np.sin(turn), 2 * right * SHIFT], 1)
    moves[:, 1] = np.stack([np.sin(turn), np.cos(turn), 2 * down * SHIFT], 1)
    moves[:, :, :2] *= scale[:, None, None]
    return moves


def _grid(moves: Tensor, height: int, width: int) -> Tensor:
    """Where each pixel is taken from, (n, H, W, 2) float32, by `moves` (n, 2, 3): torch's affine_grid without
    `align_corners`, in a tenth of its time. A place is one complex number, so that a row of them is one sum."""
    down, along = ((2 * torch.arange(size, device=moves.device) + 1) / size - 1 for size in (height, width))
    places = torch.complex(moves[:, 0], moves[:, 1])[..., None]  # (n, 3, 1)
    rows = places[:, 1] * down + places[:, 2]
    return torch.view_as_real(rows[:, :, None] + (places[:, 0] * along)[:, None])


def _reshape(images: Tensor, shape: np.ndarray, blur: np.ndarray) -> None:
    """Make the images (n, ch, H, W) that the shares (n,) choose thicker, thinner or blurred, in place."""
    for chosen, of_two in ((shape < OFTEN / 2, torch.maximum), (shape > 1 - OFTEN / 2, torch.minimum)):
        if chosen.any():
            rows = torch.from_numpy(np.flatnonzero(chosen)).to(images.device)
            images[rows] = _of_neighbours(images[rows], of_two)
    if (blur < OFTEN).any():
        rows = torch.from_numpy(np.flatnonzero(blur < OFTEN)).to(images.device)
        images[rows] = avg_pool2d(images[rows], 3, 1, 1, count_include_pad=False)


def _of_neighbours(images: Tensor, of_two: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The largest, or smallest, of every pixel and its neighbours: first down the columns, then along the rows."""
    for axis in (2, 3):
        length, first = images.shape[axis], images
        images = first.clone()
        both = of_two(first.narrow(axis, 0, length - 1), first.narrow(axis, 1, length - 1))
        images.narrow(axis, 0, length - 1).copy_(both)
        later = images.narrow(axis, 1, length - 1)
        later.copy_(of_two(later, both))
    return images


def _noise(images: Tensor, rng: np.random.Generator, own: ViewRows) -> Tensor:
    """Standard normal noise like `images`: each image reads a fixed bank of numbers from a random place on.

    Drawing them anew would cost more than the rest of the augmentation, and on a GPU a copy of the whole batch.
    """
    numbers = images[0].numel()
    starts = torch.from_numpy(own.of(rng.integers(0, BANK, own.count))).to(images.device)
    return _bank(numbers, images.device).unfold(0, numbers, 1).index_select(0, starts).view_as(images)


@functools.lru_cache(maxsize=4)
def _bank(numbers: int, device: torch.device) -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).standard_normal(BANK + numbers, np.float32)).to(device)
