"""Training in two stages: for a share of the run the classes with many images alone, then all."""

import numpy as np

from heads.kit.interface import Batch
from workflow.cells.train_section import Train
from workflow.data.loaders import Loader
from workflow.errors import UserError
from workflow.training.trainer import Batches


class InStages:
    """The first `number` batches of `first`, which is then closed, then those of `rest`."""

    def __init__(self, first: Loader, rest: Batches, number: int):
        self.first, self.rest, self.number = first, rest, number

    def batch(self, step: int) -> Batch:
        if step < self.number:
            return self.first.batch(step)
        self.first.close()
        return self.rest.batch(step)


def first_batches(train: Train) -> int:
    """How many batches the first stage has."""
    return round(train.first_stage.share * train.steps) * train.accumulate


def of_rich_classes(labels: np.ndarray, counts: np.ndarray, train: Train) -> np.ndarray:
    """(n,) bool: which training images, of classes `labels` (n,), take part in the first stage; `counts` (L,) are the
    images of each class. UserError where these classes are not the first ones, as a loader needs it."""
    fewest = train.first_stage.min_shots
    rich = counts >= fewest
    if not rich.any() or rich[: rich.sum()].sum() < rich.sum():
        raise UserError(
            f"train.first_stage.min_shots is {fewest}: "
            + ("with data.noise.splits there is no first stage" if rich.any() else "no class has as many images")
        )
    return rich[labels]
