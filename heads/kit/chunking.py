"""Walking over a pool of class vectors in chunks, so that no (B, pool) tensor ever exists."""

from collections.abc import Iterator

import torch

CHUNK_CPU, CHUNK_GPU = 1024, 16384
"""class vectors in one chunk: on a CPU its logits should stay in the cache, on a GPU launches should be few"""
CONSTANT = 2
"""chunk-length factor for a pool that is not trained: only its logits must fit in the cache"""


def chunk_size(device: torch.device) -> int:
    """Class vectors in one chunk on `device`."""
    return CHUNK_CPU if device.type == "cpu" else CHUNK_GPU


def chunks(size: int, chunk: int) -> Iterator[slice]:
    """Slices that cover `size` rows, each `chunk` long but for the last."""
    for start in range(0, size, chunk):
        yield slice(start, min(start + chunk, size))


def working_bytes(batch: int, size: int, dim: int, vectors: int = 0) -> int:
    """Bytes of temporaries, on a CPU in float32, when `batch` embeddings meet a pool of `size` class vectors.

    They are the logits of one chunk, `vectors` matrices as large as a chunk of class vectors (0 for a pool that is not
    trained), and a few of the batch's size.
    """
    rows = min(size, CHUNK_CPU * (1 if vectors else CONSTANT))
    return 4 * (rows * (batch + vectors * dim) + batch * (4 * dim + 16))
