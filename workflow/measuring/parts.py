"""Where the time of a training step goes: loader, backbone, twin, head, other."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from heads.kit import Encoder
from workflow.measuring.workload import Parts
from workflow.training.encoder import Network
from workflow.training.trainer import NoLedger, Trainer

PARTS = ("loader", "backbone", "twin", "head", "other")


class Ledger:
    """Books time to the part at work; a part that starts within another pauses that one. Waits for the GPU at every
    change, so steps timed in this way are a little slower than others."""

    def __init__(self, device: torch.device):
        self.device, self.stack = device, ["other"]
        self.milliseconds = dict.fromkeys(PARTS, 0.0)
        self.since = self._now()

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter() * 1e3

    def book(self) -> None:
        """Charge the time since the last change to the part at work."""
        now = self._now()
        self.milliseconds[self.stack[-1]] += now - self.since
        self.since = now

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self.book()
        self.stack.append(name)
        try:
            yield
        finally:
            self.book()
            self.stack.pop()

    def encoder(self, network: Network) -> "Cut":
        """The network, cut off where its embeddings leave it."""
        return Cut(network, self)

    def carry_on(self, encode: Encoder) -> None:
        """The network's own backward, after the head's."""
        if isinstance(encode, Cut):
            encode.backward()


class Cut(Encoder):
    """A network whose embeddings are cut from its graph, so that the head's backward and the network's are apart."""

    def __init__(self, network: Network, ledger: Ledger):
        super().__init__()
        self.network, self.ledger = network, ledger
        self.cuts: list[tuple[Tensor, Tensor]] = []

    def forward(self, x: Tensor) -> Tensor:
        return self._cut(self.network, x)

    def features(self, x: Tensor) -> Tensor:
        return self._cut(self.network.features, x)

    def _cut(self, encode: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        with self.ledger.part("backbone"):
            output = encode(x)
        leaf = output.detach().requires_grad_()
        self.cuts.append((output, leaf))
        return leaf

    def momentum(self, x: Tensor) -> Tensor:
        with self.ledger.part("twin"):
            return self.network.momentum(x)

    def backward(self) -> None:
        """Carry the gradients that reached the embeddings on into the network."""
        reached = [(output, leaf.grad) for output, leaf in self.cuts if leaf.grad is not None]
        with self.ledger.part("backbone"):
            torch.autograd.backward([output for output, _ in reached], [gradient for _, gradient in reached])


def step_by_parts(trainer: Trainer, device: torch.device, step: int) -> dict[str, float]:
    """Take step number `step`, the same work with backward in two pieces; returns the ms of each part."""
    trainer.ledger = ledger = Ledger(device)
    try:
        trainer.step(step)
    finally:
        trainer.ledger = NoLedger()
    ledger.book()
    return ledger.milliseconds


def time_parts(trainer: Trainer, device: torch.device, first: int, steps: int, median_ms: float) -> Parts:
    """Median ms of each part over `steps` steps from number `first`, and how far they can be believed: their sum over
    `median_ms`, the median of steps that nothing was timed within."""
    books = [step_by_parts(trainer, device, step) for step in range(first, first + steps)]
    parts = {name: statistics.median(book[name] for book in books) for name in PARTS}
    return Parts(parts, sum(parts.values()) / median_ms)
