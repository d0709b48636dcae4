"""A head on random embeddings: its own cost, whatever the backbone."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

import heads
from heads.kit import Batch, Cost, Head, check_loss
from workflow.cells.choices import REFERENCES
from workflow.cells.spec import CostMode, CostSpec
from workflow.cells.watching import within_making, within_step
from workflow.errors import UserError
from workflow.measuring import references
from workflow.measuring.filling import fill
from workflow.measuring.synthetic import Counted, Synthetic
from workflow.measuring.tensors import of_module, of_optimiser
from workflow.measuring.workload import Encoded, declared_cost

PRIMING_CLASSES = 2048


class HeadAlone:
    """The workload of a cost cell in mode `head`. Heads compute in float32, as they do behind any backbone.

    UserError if `spec` does not say at how many classes.
    """

    mode: CostMode = "head"
    precision = "fp32"
    head: Head
    optimiser: torch.optim.SGD | None

    def __init__(self, spec: CostSpec, device: torch.device):
        if spec.classes is None:
            raise UserError("--spec lacks classes: say at how many classes the head is measured")
        self.spec, self.device = spec, device
        self.classes, self.batch, self.dim = spec.classes, spec.measure.batch, spec.backbone.dim
        self.encoder = Counted()
        self.synthetic = Synthetic(self.batch, self.classes, self.dim, spec.cell.seed, device)

    def cost(self, batch: int, dim: int) -> Cost:
        return declared_cost(self.spec, batch, self.classes, dim, self.device.type)

    def prime(self) -> None:
        """Take a step of a small head of the same kind, and forget it."""
        self.synthetic.classes = min(self.classes, PRIMING_CLASSES)
        try:
            self.start(self.synthetic.classes)
            with within_step():
                self.step(self.synthetic.batch(self.head.batches, 0))
        except ValueError:
            pass  # too small for this head, which says nothing about the size that is asked for
        finally:
            self.synthetic.classes = self.classes
            self.__dict__.pop("head", None)
            self.__dict__.pop("optimiser", None)
            self.encoder = Counted()

    def build(self) -> None:
        self.start(self.classes)
        fill(self.head, self.classes)

    def start(self, classes: int) -> None:
        """The head for `classes`, and an optimiser if it has parameters that it does not update itself."""
        train = self.spec.train
        torch.manual_seed(self.spec.cell.seed + 1)
        with within_making():
            self.head = self.make(classes).to(self.device)
        self.head.lr = train.lr
        parameters = list(self.head.parameters())
        self.optimiser = (
            torch.optim.SGD(parameters, train.lr, train.momentum, weight_decay=train.weight_decay)
            if parameters
            else None
        )

    def make(self, classes: int) -> Head:
        """The head, or the plain reference, with the options of the cell."""
        spec, cell = self.spec, self.spec.cell
        if cell.head in REFERENCES:
            return references.make(cell.head, classes, self.dim, spec.options, cell.ratio)
        return heads.make(
            cell.head,
            classes,
            self.dim,
            options=spec.options,
            ratio=cell.ratio,
            momentum=spec.momentum,
            label=cell.label,
        )

    def prepare(self, step: int) -> Callable[[], Tensor]:
        return partial(self.step, self.synthetic.batch(self.head.batches, step))

    def step(self, batch: Batch) -> Tensor:
        """Forward, backward, update of the head. The scalar loss stays on the device: reading it would wait for it."""
        if self.optimiser:
            self.optimiser.zero_grad(set_to_none=True)
        loss = check_loss(self.head(self.encoder, batch))
        loss.backward()
        if self.optimiser:
            self.optimiser.step()
        self.head.commit()
        return loss.detach()

    def kept(self) -> Iterator[Tensor]:
        """What the head keeps between steps, and its optimiser; gradients, which the next step drops, are dropped."""
        if self.optimiser:
            self.optimiser.zero_grad(set_to_none=True)
        yield from of_module(self.head)
        yield from of_optimiser(self.optimiser)

    def encoded(self) -> Encoded:
        return Encoded(self.encoder.images, self.encoder.twin_images)
