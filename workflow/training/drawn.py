"""Which images a run is given: of classes with many, medium or few training images."""

import numpy as np
import torch

from heads.kit.interface import Batch
from heads.kit.ranks import total
from workflow.cells.records import BANDS, ShotLimits
from workflow.data.shots import band_of
from workflow.training.trainer import Batches


class Counted:
    """The batches of `loader`, every image of every view counted by the group of its class.

    shots (L,) int64 are the training images of each label. Each process counts its own part of the batches; `before` is
    what all had counted up to the checkpoint that a run continues from.
    """

    def __init__(self, loader: Batches, shots: np.ndarray, limits: ShotLimits, device: torch.device):
        self.loader = loader
        self.group = torch.from_numpy(band_of(shots, limits)).to(device)
        self.own = torch.zeros(len(BANDS), dtype=torch.int64, device=device)
        self.before = torch.zeros(len(BANDS), dtype=torch.int64)

    def batch(self, step: int) -> Batch:
        batch = self.loader.batch(step)
        for labels in batch.labels:
            self.own.index_add_(0, self.group[labels], torch.ones_like(labels))
        return batch

    def counts(self) -> list[int]:
        """Images so far by group, in the order of BANDS, by all processes. A collective call."""
        counts: list[int] = (self.before + total(self.own.cpu())).tolist()
        return counts
