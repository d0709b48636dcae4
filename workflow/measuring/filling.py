"""Queues and pools as they are after a long run: an empty one is cheaper, it evicts nothing."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from heads.kit.class_pool import EMPTY, Ring, Slots
from heads.kit.interface import Head

BLOCK = 8192


@torch.no_grad()
def fill(head: Head, classes: int) -> None:
    """Fill the head's rings and slots with random unit vectors of classes spread evenly over all.

    They are fed directly, because by training steps a pool of K rows takes O(K^2) work. A store of the head's own
    making stays as it is, and is filled by the steps of the warm-up.
    """
    for store in head.modules():
        if isinstance(store, Ring | Slots):
            slots, dim = len(store.labels), store.vectors.shape[-1]
            device = store.labels.device
            for start in range(0, slots, BLOCK):
                number = torch.arange(start, min(start + BLOCK, slots), device=device)
                labels = number * classes // slots
                _feed(store, normalize(torch.randn(len(labels), dim, device=device), dim=1), labels)


def _feed(store: nn.Module, vectors: Tensor, labels: Tensor) -> None:
    if isinstance(store, Ring):
        store.push(vectors, labels)
    else:
        store.admit(store.visit(vectors, labels))


def empty_slots(head: Head) -> int | None:
    """How many slots of the head's stores hold no class yet; None where it has no store.

    A store shows itself by a whole-number buffer called `labels`, in which EMPTY marks an empty slot.
    """
    stores = [
        buffer
        for name, buffer in head.named_buffers()
        if name.rpartition(".")[2] == "labels" and not buffer.is_floating_point()
    ]
    return sum(int((labels == EMPTY).sum()) for labels in stores) if stores else None
