"""The distinct classes of a batch, with shapes that depend on the batch's size alone."""

from typing import NamedTuple

import torch
from torch import Tensor


class Groups(NamedTuple):
    """The distinct classes among B labels, sorted and padded to length B by repeating the last, so that shapes never
    depend on the data and a GPU's host need not wait for their number."""

    labels: Tensor
    """(B,) int64 classes"""
    of: Tensor
    """(B,) int64 which of them each label is"""
    pick: Tensor
    """(B,) int64 0, 1, ... m-1, m-1, ... for m distinct classes"""
    size: Tensor
    """(B,) int64 number of labels of each class"""
    rank: Tensor
    """(B,) int64 how many equal labels come before each label"""
    first: Tensor
    """(B,) int64 position of each class's first label"""
    last: Tensor
    """(B,) int64 position of its last"""


def group(labels: Tensor) -> Groups:
    """The classes of `labels` (B,) int64, B > 0."""
    places = torch.arange(len(labels), device=labels.device)
    ordered, order = labels.sort(stable=True)
    number = run_starts(ordered).cumsum(0) - 1
    pick = places.minimum(number[-1])
    size = torch.zeros_like(labels).index_add_(0, number, torch.ones_like(labels))
    start = size.cumsum(0) - size
    of, rank = (torch.empty_like(labels).scatter_(0, order, values) for values in (number, places - start[number]))
    start, size = start[pick], size[pick]
    return Groups(ordered[start], of, pick, size, rank, order[start], order[start + size - 1])


def run_starts(ordered: Tensor) -> Tensor:
    """(n,) bool: the first of each run of equal neighbours."""
    new = torch.ones_like(ordered, dtype=torch.bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return new
