"""A whole training step on real data: loader, backbone, twin, head and optimiser, as training runs them."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import heads
from heads.kit import Cost, Head, Place, Wire
from workflow.cells.cost_records import Sends
from workflow.cells.spec import CostMode, CostSpec
from workflow.data.split_file import load_split
from workflow.data.store import open_dataset
from workflow.errors import UserError
from workflow.measuring.filling import fill
from workflow.measuring.parts import time_parts
from workflow.measuring.sending import coefficients
from workflow.measuring.tensors import of_module, of_optimiser
from workflow.measuring.workload import Encoded, Parts, declared_cost
from workflow.training.assembly import assemble, make_loader
from workflow.training.replicas import sent
from workflow.training.schedule import momentum_used
from workflow.training.trainer import Batches, Trainer


class EndToEnd:
    """The workload of a cost cell in mode `end-to-end`. UserError if `split` is not of the data set in `dataset`."""

    mode: CostMode = "end-to-end"
    head: Head
    trainer: Trainer

    def __init__(self, spec: CostSpec, dataset: Path, split: Path, device: torch.device):
        torch.use_deterministic_algorithms(True, warn_only=True)  # as in training, whose steps these are
        self.spec, self.device = spec, device
        self.data, self.split = open_dataset(dataset), load_split(split)
        if self.split.record.dataset_hash != self.data.manifest["hash"]:
            raise UserError(f"{split} was made from another version of {dataset}: delete it and run again")
        self.classes, self.batch = len(self.split.label_counts), spec.train.batch
        self.dim, self.precision = spec.backbone.dim, spec.train.precision

    def cost(self, batch: int, dim: int) -> Cost:
        return declared_cost(self.spec, batch, self.classes, dim, self.device.type)

    def prime(self) -> None:
        """Nothing: against the activations of a backbone, libraries that load are small."""

    def build(self) -> None:
        """Backbone, twin, head, loader, trainer, and stores filled as they are in mid-run."""
        network, self.head, _ = assemble(self.spec, self.shots(), self.data.images, self.device)
        follow = momentum_used(self.head.momentum, self.spec)
        fill(self.head, self.classes)
        self.trainer = Trainer(network, self.head, self.loader(), self.spec.train, follow)
        network.train()

    def shots(self) -> np.ndarray:
        """(C,) int64 training images of each class."""
        return self.split.label_counts

    def loader(self) -> Batches:
        """What the trainer draws its batches from."""
        folder = self.data.folder
        return make_loader(self.spec, self.data.images, self.split, self.head.batches, self.device, folder)

    def prepare(self, step: int) -> Callable[[], float]:
        return partial(self.trainer.step, step)

    def kept(self) -> Iterator[Tensor]:
        """What the network, the head and their optimiser keep between steps; gradients, which the next step drops, are
        dropped."""
        self.trainer.optimiser.zero_grad(set_to_none=True)
        for module in (self.trainer.network, self.head):
            yield from of_module(module)
        yield from of_optimiser(self.trainer.optimiser)

    def sends(self) -> Sends | None:
        """What several processes would send in a step."""
        network, cell = self.trainer.network, self.spec.cell
        trained = sum(parameter.numel() for parameter in self.trainer.parameters)
        inputs = math.prod(self.data.images.shape[1:])

        def stated(batch: int, dim: int, processes: int) -> Wire | None:
            place = Place(self.device.type, processes, inputs)
            return heads.cost(
                cell.head, batch, self.classes, dim, options=self.spec.options, ratio=cell.ratio, place=place
            ).wire

        try:
            return coefficients(stated, self.batch, self.dim, sent(trained, network), self.classes)
        except NotImplementedError:  # it declares nothing
            return None

    def encoded(self) -> Encoded:
        return Encoded(self.trainer.network.images, self.trainer.network.twin_images)

    def parts(self, first: int, median_ms: float) -> Parts:
        return time_parts(self.trainer, self.device, first, self.spec.measure.parts_steps, median_ms)
