"""Images of a set made into what a network is given: taken from the set, distorted, float32 in [-1, 1]."""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from heads.kit.chunking import chunks
from workflow.data.augment import ViewRows, augment
from workflow.data.images import Images

PIXELS = 4
"""stream of random numbers by which images are distorted; those of the loader are 0 … 3"""
AT_ONCE = 1 << 21
"""bytes of float32 images that a CPU distorts at a time: they should stay in its cache"""


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
    if device.type == "cuda":
        return _distorted(stored.pin_memory().to(device, non_blocking=True), want, level)
    number = max(1, AT_ONCE // (4 * math.prod(pixels.shape[1:])))
    if len(stored) <= number:
        return _distorted(stored, want, level)
    parts = chunks(len(stored), number)
    return torch.cat([_distorted(stored[part], want.part(part.start, part.stop), level) for part in parts])


def _distorted(stored: Tensor, want: Want, level: str) -> Tensor:
    seed, step, view = want.seed
    rng = np.random.default_rng([seed, PIXELS, step, view])
    return augment(unit(stored), level, rng, want.own).mul_(2).sub_(1)


def unit(images: Tensor) -> Tensor:
    """uint8 (n, H, W[, 3]) as float32 (n, ch, H, W) in [0, 1]."""
    channels_first = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2).contiguous()
    return channels_first.float().div_(255)
