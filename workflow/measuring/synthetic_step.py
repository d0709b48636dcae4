"""A whole training step at more classes than any data set here has: real images under labels drawn over all of them."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from heads.kit import Batch
from workflow.cells.spec import CostMode, CostSpec
from workflow.errors import UserError
from workflow.measuring.end_to_end import EndToEnd
from workflow.measuring.synthetic import labels_for
from workflow.training.trainer import Batches


class SyntheticStep(EndToEnd):
    """The workload of a cost cell in mode `synthetic`. UserError if `spec` does not say at how many classes."""

    mode: CostMode = "synthetic"

    def __init__(self, spec: CostSpec, dataset: Path, split: Path, device: torch.device):
        super().__init__(spec, dataset, split, device)
        if spec.classes is None:
            raise UserError("--spec lacks classes: say over how many classes the labels are drawn")
        self.classes = spec.classes

    def shots(self) -> np.ndarray:
        """One image a class."""
        return np.ones(self.classes, dtype=np.int64)

    def loader(self) -> Batches:
        return Relabelled(super().loader(), self.head.batches, self.batch, self.classes, self.spec.cell.seed)


class Relabelled:
    """The images of `loader`, of batches of the kind `kind`, under int64 labels drawn evenly from 0..classes-1; rows
    that show one class have one label."""

    def __init__(self, loader: Batches, kind: str, size: int, classes: int, seed: int):
        self.loader, self.kind, self.size, self.classes, self.seed = loader, kind, size, classes, seed

    def batch(self, step: int) -> Batch:
        """The batch of `step`, a function of the seed and the step alone."""
        views, random = self.loader.batch(step).views, np.random.default_rng([self.seed, step])

        def draw(number: int) -> Tensor:
            return torch.from_numpy(random.integers(self.classes, size=number)).to(views[0].device)

        return Batch(views, labels_for(self.kind, self.size, draw))
