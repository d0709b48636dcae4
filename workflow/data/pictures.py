"""Images of a set made into what a network is given: taken from the set, distorted, float32 in [-1, 1]."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from workflow.data.augment import ViewRows, augment
from workflow.data.images import Images

PIXELS = 4
"""stream of random numbers by which images are distorted; those of the loader are 0 … 3"""


class Want(NamedTuple):
    """Images of one view of a step: their `rows` (n,) int64 in the set, which are `own` of the view, and the numbers
    that seed their distortion."""

    rows: np.ndarray
    own: ViewRows
    seed: tuple[int, int, int]

    def part(self, first: int, last: int) -> "Want":
        """Images `first` .. `last` - 1 of these."""
        own = ViewRows(self.own.first + first, self.own.first + last, self.own.count)
        return Want(self.rows[first:last], own, self.seed)


def taken(images: Images, rows: np.ndarray) -> np.ndarray:
    """`images` of `rows` (n,), uint8."""
    in_order = np.argsort(rows)  # one pass over the file instead of jumps across it
    pixels = np.empty((len(rows), *images.shape[1:]), np.uint8)
    pixels[in_order] = images[rows[in_order]]
    return pixels


def pictures(pixels: np.ndarray, want: Want, level: str, device: torch.device) -> Tensor:
    """The images of `want`, whose pixels are uint8, as a network is given them: float32 (n, ch, H, W) on `device`."""
    stored = torch.from_numpy(pixels)
    stored = stored.pin_memory() if device.type == "cuda" else stored
    seed, step, view = want.seed
    rng = np.random.default_rng([seed, PIXELS, step, view])
    return augment(unit(stored.to(device, non_blocking=True)), level, rng, want.own).mul_(2).sub_(1)


def unit(images: Tensor) -> Tensor:
    """uint8 (n, H, W[, 3]) as float32 (n, ch, H, W) in [0, 1]."""
    channels_first = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2).contiguous()
    return channels_first.float().div_(255)
