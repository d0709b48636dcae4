"""Walking over a pool of class vectors in chunks, so that no (B, pool) tensor ever exists."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from heads.kit.place import ALONE, Place

CHUNK_CPU, CHUNK_GPU = 1024, 16384
"""class vectors in one chunk: on a CPU its logits should stay in the cache, on a GPU launches should be few"""
CONSTANT = 2
"""chunk-length factor for a pool that is not trained: only its logits must fit in the cache"""


def chunk_size(device: torch.device) -> int:
    """Class vectors in one chunk on `device`."""
    return chunk_on(device.type)


def chunk_on(kind: str) -> int:
    """Class vectors in one chunk on a `kind` of device."""
    return CHUNK_CPU if kind == "cpu" else CHUNK_GPU


def chunks(size: int, chunk: int) -> Iterator[slice]:
    """Slices that cover `size` rows, each `chunk` long but for the last."""
    for start in range(0, size, chunk):
        yield slice(start, min(start + chunk, size))


def working_bytes(batch: int, size: int, dim: int, vectors: int = 0, place: Place = ALONE) -> int:
    """Bytes of temporaries, in float32, when `batch` embeddings meet a pool of `size` class vectors.

    They are the logits of one chunk, `vectors` matrices as large as a chunk of class vectors (0 for a pool that is not
    trained), and a few of the batch's size.
    """
    rows = chunk_rows(size, vectors == 0, place)
    return 4 * (rows * (batch + vectors * dim) + batch * (4 * dim + 16))


def logits_bytes(batch: int, size: int, constant: bool = True, place: Place = ALONE) -> int:
    """Bytes of the logits of one chunk, `constant` where the pool is not trained."""
    return 4 * batch * chunk_rows(size, constant, place)


def chunk_rows(size: int, constant: bool, place: Place) -> int:
    """Class vectors of the first chunk of a pool of `size`."""
    return min(size, chunk_on(place.device) * (CONSTANT if constant else 1))


class Workspace:
    """Room to work on one chunk of class vectors, laid out once for all chunks: fresh pages are slow."""

    def __init__(self, embeddings: Tensor, number: int):
        self.like = embeddings
        self.parts: Iterator[slice] = chunks(number, chunk_size(embeddings.device))
        self.room: dict[str, Tensor] = {}

    def buffer(self, name: str, rows: int, columns: int, dtype: torch.dtype | None = None) -> Tensor:
        """(rows, columns) of the room called `name`, with whatever it held before; the first call is the largest."""
        if name not in self.room:
            self.room[name] = self.like.new_empty(rows * columns, dtype=dtype)
        return self.room[name][: rows * columns].view(rows, columns)

    def take(self, name: str, store: Tensor, rows: Tensor | None, part: slice) -> Tensor:
        """Rows `part` of `store`, or of the `rows` of it: a view where they are contiguous, else a copy."""
        if rows is None:
            return store[part]
        room = self.buffer(name, len(rows[part]), store.shape[1], store.dtype)
        return torch.index_select(store, 0, rows[part], out=room)

    def unit(self, weight: Tensor, length: Tensor) -> Tensor:
        """Unit rows of `weight` (n, D), given their lengths (n, 1)."""
        return torch.div(weight, length, out=self.buffer("unit", *weight.shape))

    def logits(self, query: Tensor, unit: Tensor) -> Tensor:
        """(N, n) products of `query` (N, D) and `unit` (n, D), laid out as the product with D columns wants them."""
        return torch.mm(unit, query.T, out=self.buffer("logits", len(unit), len(query))).T


def put_rows(store: Tensor, rows: Tensor, values: Tensor) -> None:
    """Set `store` (C, D) at the distinct `rows` (n,) to `values` (n, D). On a CPU numpy does it: it copies row by row
    where torch's index_copy_ goes number by number, in up to twice the time."""
    if store.device.type == "cpu":
        _as_bytes(store)[rows.numpy()] = _as_bytes(values)
    else:
        store.index_copy_(0, rows, values)


def _as_bytes(rows: Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A view that numpy can take whatever the dtype."""
    return rows.view(torch.uint8).numpy()
