"""A random sample of classes that contains the batch's own: what Partial FC and its kin compare with in a step."""

import math

import torch
from torch import Tensor


def sample(
    labels: Tensor, classes: int, number: int, generator: torch.Generator, preferred: Tensor | None = None
) -> Tensor:
    """Sorted distinct classes: those of `labels` (B,), filled up uniformly at random to `number` of 0..classes-1.

    The result is (max(number, distinct labels),) int64. Labels, then those `preferred` (n,), if any, then draws, are
    taken in the order told until there are `number` different ones: distinct uniform draws are a uniform random set.
    Costs O(number + n) on the labels' device, which the host need not wait for unless the batch is larger than the
    sample.
    """
    preferred = labels[:0] if preferred is None else preferred
    told = torch.cat([labels, preferred, _draws(classes, number, generator)])
    values, order = told.sort(stable=True)
    new = starts(values)
    first = torch.empty_like(new).scatter_(0, order, new)  # in the order told: not told before
    if len(labels) > number:
        number = max(number, int(first[: len(labels)].sum()))
    kept = (first & (first.cumsum(0) <= number))[order]
    place = torch.where(kept, kept.cumsum(0) - 1, number)
    return values.new_empty(number + 1).scatter_(0, place, values)[:number]


def most(batch: int, classes: int, ratio: float) -> int:
    """Most classes in a sample of ratio * C for a batch of so many."""
    return min(classes, max(batch, int(ratio * classes)))


def starts(ordered: Tensor) -> Tensor:
    """(n,) bool: the first of each run of equal neighbours."""
    new = torch.ones_like(ordered, dtype=torch.bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return new


def _draws(classes: int, number: int, generator: torch.Generator) -> Tensor:
    """Uniform draws with at least `number` different ones: a permutation, or so many that fewer is out of the question
    (twelve standard deviations beyond the expected need)."""
    device = generator.device
    if 2 * number > classes:
        return torch.randperm(classes, generator=generator, device=device)
    needed = -classes * math.log1p(-number / classes)
    draws = math.ceil(needed + 12 * math.sqrt(needed)) + 64
    return torch.randint(classes, (draws,), generator=generator, device=device)
