"""A head on random embeddings: its own cost, whatever the backbone."""

from typing import Any

import torch
from torch import Tensor

import heads
from heads.kit.interface import Batch, Cost, Head
from workflow.measuring.filling import fill
from workflow.measuring.synthetic import Counted, Synthetic

PRIMING_CLASSES = 2048


class HeadAlone:
    """The subject of a cost cell in mode `head`. Heads compute in float32, as they do behind any backbone."""

    mode, precision = "head", "fp32"

    def __init__(self, spec: dict[str, Any], device: torch.device):
        self.spec, self.device, self.seed = spec, device, spec["cell"]["seed"]
        self.kind = heads.load(spec["cell"]["head"])
        self.classes, self.batch, self.dim = spec["classes"], spec["measure"]["batch"], spec["backbone"]["dim"]
        self.encoder = Counted()
        self.synthetic = Synthetic(self.batch, self.classes, self.dim, self.seed, device)

    def cost(self) -> Cost:
        """What the head declares for one step."""
        return self.kind.cost(self.batch, self.classes, self.dim, **options(self.spec))

    def prime(self) -> None:
        """Take a step of a small head of the same kind: libraries load, so that they do not count as its memory."""
        self.synthetic.classes = min(self.classes, PRIMING_CLASSES)
        try:
            self.start(self.synthetic.classes)
            self.step(self.prepare(0))
        except ValueError:
            pass  # too small for this head, which says nothing about the size that is asked for
        finally:
            self.synthetic.classes = self.classes
            self.__dict__.pop("head", None)
            self.__dict__.pop("optimiser", None)
            self.encoder = Counted()

    def build(self) -> None:
        """Construct the head and fill its stores. ValueError where it refuses this size."""
        self.start(self.classes)
        fill(self.head, self.classes)

    def start(self, classes: int) -> None:
        """The head for `classes`, and an optimiser if it has parameters that it does not update itself."""
        torch.manual_seed(self.seed + 1)
        self.head: Head = self.kind(classes, self.dim, **options(self.spec)).to(self.device)
        train, parameters = self.spec["train"], list(self.head.parameters())
        self.head.lr = train["lr"]
        self.optimiser = (
            torch.optim.SGD(parameters, train["lr"], train["momentum"], weight_decay=train["weight_decay"])
            if parameters
            else None
        )

    def prepare(self, step: int) -> Batch:
        return self.synthetic.batch(self.head.batches, step)

    def step(self, prepared: Batch) -> Tensor:
        """Forward, backward, update of the head. The loss stays on the device: reading it would wait for it."""
        if self.optimiser:
            self.optimiser.zero_grad(set_to_none=True)
        loss = self.head(self.encoder, prepared)
        loss.backward()
        if self.optimiser:
            self.optimiser.step()
        self.head.commit()
        return loss.detach()

    def encoded(self) -> tuple[int, int]:
        return self.encoder.images, self.encoder.twin_images

    def parts(self, first: int, median_ms: float) -> dict[str, Any]:
        """A head alone has no parts."""
        return {"parts_ms": None, "parts_sum_ratio": None}


def options(spec: dict[str, Any]) -> dict[str, Any]:
    """Constructor arguments of the cell's head: its options, and the ratio where it takes one."""
    takes_ratio = "ratio" in heads.options(spec["cell"]["head"])
    return spec["head"] | ({"ratio": spec["cell"]["ratio"]} if takes_ratio else {})
