"""A head with so many classes that (B, C) logits or a (C, D) gradient are larger than all else, and what it takes."""

from typing import NamedTuple

import torch

from heads.kit.interface import Batch, Cost, Encoder, Head
from tests.heads.cases import Case
from tests.heads.contract.subject import Given, unit_batch
from workflow.measuring.synthetic import labels_for
from workflow.measuring.tensors import left_bytes, peak_bytes

LARGE, WIDE, FEW = 20_000, 64, 32
"""classes, dimension and batch at which (B, C) logits or a (C, D) gradient are larger than all else together"""


class Large(NamedTuple):
    """A head with very many classes, and what it was seen to take."""

    head: Head
    encode: Given
    held: int
    """most bytes of temporaries in a step"""
    built: int
    """bytes that the constructor left allocated"""
    cost: Cost


def enlarge(case: Case) -> Large:
    """Make the head of `case` with LARGE classes and take three steps of it."""
    made: list[Head] = []
    built = left_bytes(lambda: made.append(case.head(LARGE, WIDE)))
    head, encode = made.pop(), Given()
    head.lr = 0.1
    held = measured(head, encode)
    return Large(head, encode, held, built, head.cost(FEW, LARGE, WIDE, **case.options))


def measured(head: Head, encode: Encoder) -> int:
    """Bytes of temporaries that a step of `head` held at most, in three on FEW embeddings."""
    torch.manual_seed(5)
    peaks = []
    for _ in range(3):
        labels = labels_for(head.batches, FEW, lambda number: torch.randint(LARGE, (number,)))
        batch = unit_batch(Batch(tuple(torch.randn(len(y), WIDE) for y in labels), labels))
        for x in batch.views:
            x.grad = torch.zeros_like(x)

        def step(batch: Batch = batch) -> None:
            head(encode, batch).backward()
            head.commit()

        peaks.append(peak_bytes(step))
    return max(peaks)
