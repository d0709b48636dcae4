"""A head's matrix products and nothing else: the floor that its step is held against."""

import time

import torch

from heads.kit.chunking import CHUNK_CPU, CONSTANT, chunks
from tests.benchmarks.rows import CENTRES, Row


class Products:
    """The products of one step of a row's head on random operands, chunk by chunk as the head computes them.

    Two for each chunk of class vectors, logits and the embeddings' gradient; where centres are learned, the logits once
    more and the centres' gradient. Their operations are those that the head's `cost` declares.
    """

    def __init__(self, row: Row):
        rows = round(row.ratio * row.classes)
        self.learned = row.head in CENTRES
        self.vectors, self.embeddings = torch.randn(rows, row.dim), torch.randn(row.batch, row.dim)
        self.gradient = torch.zeros_like(self.embeddings)
        self.length = CHUNK_CPU * (1 if self.learned else CONSTANT)
        self.logits = torch.empty(row.batch * min(rows, self.length))
        self.along = torch.empty(min(rows, self.length), row.dim)

    def milliseconds(self) -> float:
        """Processor time of the products of one step."""
        started = time.process_time()
        for part in chunks(len(self.vectors), self.length):
            self.chunk(self.vectors[part])
        return (time.process_time() - started) * 1e3

    def chunk(self, vectors: torch.Tensor) -> None:
        """The products with one chunk (n, D)."""
        logits = self.logits[: len(self.embeddings) * len(vectors)].view(len(self.embeddings), len(vectors))
        torch.mm(self.embeddings, vectors.T, out=logits)
        if self.learned:
            torch.mm(self.embeddings, vectors.T, out=logits)
            torch.mm(logits.T, self.embeddings, out=self.along[: len(vectors)])
        self.gradient.addmm_(logits, vectors)
