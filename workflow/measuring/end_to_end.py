"""A whole training step on real data: loader, backbone, twin, head and optimiser, as training runs them."""

from pathlib import Path
from typing import Any

import torch

import heads
from heads.kit.interface import Cost
from workflow.data.split import load_split, open_dataset
from workflow.errors import UserError
from workflow.measuring.filling import fill
from workflow.measuring.head_alone import options
from workflow.measuring.parts import time_parts
from workflow.training.assembly import assemble, make_loader
from workflow.training.schedule import twin_momentum
from workflow.training.trainer import Trainer


class EndToEnd:
    """The subject of a cost cell in mode `end-to-end`."""

    mode = "end-to-end"

    def __init__(self, spec: dict[str, Any], dataset: Path, split: Path, device: torch.device):
        torch.use_deterministic_algorithms(True, warn_only=True)  # as in training, whose steps these are
        self.spec, self.device, self.train = spec, device, spec["train"]
        self.data, self.split = open_dataset(dataset), load_split(split)
        if self.split.info["dataset_hash"] != self.data.manifest["hash"]:
            raise UserError(f"{split} was made from another version of {dataset}: delete it and run again")
        self.classes, self.batch = len(self.split.arrays["shots"]), self.train["batch"]
        self.dim, self.precision = spec["backbone"]["dim"], self.train["precision"]

    def cost(self) -> Cost:
        """What the head declares for one step."""
        kind = heads.load(self.spec["cell"]["head"])
        return kind.cost(self.batch, self.classes, self.dim, **options(self.spec))

    def prime(self) -> None:
        """Nothing: against the activations of a backbone, libraries that load are small."""

    def build(self) -> None:
        """Backbone, twin, head, loader, trainer, and stores filled as they are in mid-run."""
        network, self.head, _ = assemble(self.spec, self.split, self.data.images, self.device)
        momentum = self.head.momentum
        follow = None if momentum is None else twin_momentum(momentum, self.train["steps"])
        fill(self.head, self.classes)
        loader = make_loader(self.spec, self.data.images, self.split, self.head.batches, self.device)
        self.trainer = Trainer(network, self.head, loader, self.train, follow)
        network.train()

    def prepare(self, step: int) -> int:
        return step

    def step(self, prepared: int) -> float:
        return self.trainer.step(prepared)

    def encoded(self) -> tuple[int, int]:
        return self.trainer.network.images, self.trainer.network.twin_images

    def parts(self, first: int, median_ms: float) -> dict[str, Any]:
        """Median ms of the step's parts and how their sum agrees with the undisturbed step."""
        return time_parts(self.trainer, self.device, first, self.spec["measure"]["parts_steps"], median_ms)
