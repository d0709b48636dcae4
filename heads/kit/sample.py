"""A random sample of classes that contains the batch's own: what Partial FC and its kin compare with in a step."""

import math

import torch
from torch import Tensor

from heads.kit.groups import run_starts


def sample_classes(
    labels: Tensor, classes: int, number: int, generator: torch.Generator, preferred: Tensor | None = None
) -> Tensor:
    """Sorted distinct classes: those of `labels` (B,), filled up uniformly at random to `number` of 0..classes-1.

    The result is (max(number, distinct labels),) int64. Candidates are taken in order, first the labels, then the
    `preferred` (n,), if any, then random draws, until there are `number` different ones: distinct uniform draws are a
    uniform random set. Costs O(number + n) on the labels' device; the host waits only where the batch is larger than
    the sample.
    """
    preferred = labels[:0] if preferred is None else preferred
    candidates = torch.cat([labels, preferred, _draws(classes, number, generator)])
    values, order = candidates.sort(stable=True)
    new = run_starts(values)
    first = torch.empty_like(new).scatter_(0, order, new)  # in the order of candidates: met for the first time
    if len(labels) > number:
        number = max(number, int(first[: len(labels)].sum()))
    kept = (first & (first.cumsum(0) <= number))[order]
    place = torch.where(kept, kept.cumsum(0) - 1, number)
    return values.new_empty(number + 1).scatter_(0, place, values)[:number]


def sampling_bytes(labels: int, classes: int, number: int, preferred: int = 0) -> int:
    """Bytes of temporaries of `sample_classes`: candidates, their order and what is found of each."""
    draws = classes if 2 * number > classes else _enough(classes, number)
    return 43 * (labels + preferred + draws)


def _draws(classes: int, number: int, generator: torch.Generator) -> Tensor:
    """Uniform draws with at least `number` different ones: a permutation, or enough draws that fewer different ones
    would lie twelve standard deviations from what is expected."""
    device = generator.device
    if 2 * number > classes:
        return torch.randperm(classes, generator=generator, device=device)
    return torch.randint(classes, (_enough(classes, number),), generator=generator, device=device)


def _enough(classes: int, number: int) -> int:
    needed = -classes * math.log1p(-number / classes)
    return math.ceil(needed + 12 * math.sqrt(needed)) + 64
