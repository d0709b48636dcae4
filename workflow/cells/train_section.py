"""The config's sections `loss` and `train`: how every cell learns, unless its row of `heads` says otherwise."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from workflow.cells.choices import LEVELS, MARGINS, PRECISIONS
from workflow.cells.fields import (
    AsWritten,
    AtLeastTwo,
    Count,
    Device,
    NotNegative,
    OneOf,
    Positive,
    Seed,
    Share,
    ShareAboveZero,
    ShareBelowOne,
    ShareBetween,
)
from workflow.cells.problems import ONE, THREE
from workflow.cells.section import Section


class Loss(Section):
    """The same for every head that takes them, in place of the head's own defaults."""

    margin: Annotated[str, OneOf(*MARGINS)] = "cosface"
    """the margin function"""
    m: Annotated[
        Annotated[float, Field(ge=0, le=1.57), AsWritten, Tag(ONE)]
        | Annotated[tuple[NotNegative, NotNegative, NotNegative], Tag(THREE)],
        Discriminator(lambda value: THREE if isinstance(value, list | tuple) else ONE),
    ] = 0.3
    """its margin; for `combined` three: [m1, m2, m3]"""
    scale: Positive = 32
    """factor s of the cosines before the softmax"""


class FirstStage(Section):
    """Training of the classes with many images before that of all; rate and margin follow one schedule through both."""

    share: ShareBelowOne = 0
    """share of the run that it takes; 0: all classes from the start"""
    min_shots: AtLeastTwo = 7
    """training images that a class needs to take part in it"""


class Train(Section):
    """How every cell is trained."""

    steps: Count = 600
    """optimiser steps of a run"""
    epochs: Positive | None = None
    """in place of steps: passes over the training images, counted by images with a gradient; null: steps"""
    batch: AtLeastTwo = 256
    """images with a gradient in a step, the same for every head, of all processes together"""
    lr: Positive = 0.1
    """peak learning rate"""
    momentum: ShareBelowOne = 0.9
    """of SGD (Nesterov)"""
    weight_decay: NotNegative = 0.0005
    """of the backbone, and of the heads that take it"""
    warmup: ShareBelowOne = 0.1
    """share of the run in which the learning rate rises"""
    schedule: Literal["cosine", "polynomial", "step"] = "cosine"
    """how it falls afterwards"""
    power: Positive = 2
    """polynomial: its exponent"""
    milestones: tuple[ShareBetween, ...] = (0.5, 0.75, 0.9)
    """step: shares of the run after which the rate is multiplied by gamma"""
    gamma: ShareAboveZero = 0.1
    """step: the factor"""
    margin_ramp: Share = 0.25
    """share of the run in which the margin grows to m"""
    clip: NotNegative = 5
    """largest norm of the backbone's gradient; 0: no clipping"""
    augment: Annotated[str, OneOf(*LEVELS)] = "low"
    """how strongly the training images are distorted"""
    precision: Annotated[str, OneOf(*PRECISIONS)] = "fp32"
    """of the backbone; heads compute in fp32"""
    first_stage: FirstStage = FirstStage()
    accumulate: Count = 1
    """backward passes in a step, for heads that allow more than one"""
    device: Device = "auto"
    """auto, cpu, cuda or cuda:N; say cuda where a login node without a GPU submits the jobs"""
    threads: Count = 1
    """CPU threads of one process"""
    processes: Count = 1
    """processes of one run, on as many GPUs if there are any"""
    workers: Seed = 0
    """further processes, of each process of a run, that decode and distort the images of the steps to come"""
    nodes: Count = 1
    """machines of a cluster that share them evenly: jobs of Slurm only (profiles/slurm)"""
    curve_points: Count = 4
    """validations along the run"""
    log_every: Count = 20
    """steps between two lines of the log"""
    checkpoint_every: Positive = 30
    """seconds between two checkpoints"""
    hung_after: Positive = 600
    """seconds in which a step, its loading included, must end, or 20 times the longest before it: else it has hung"""

    @property
    def cores(self) -> int:
        """That a run takes, with all its processes."""
        return (self.threads + self.workers) * self.processes

    @model_serializer(mode="wrap")
    def _as_before(self, serialise: SerializerFunctionWrapHandler) -> dict[str, object]:
        """`epochs` is younger than many results: where there are none, their folders keep their names."""
        found: dict[str, object] = serialise(self)
        return found if self.epochs is not None else {key: value for key, value in found.items() if key != "epochs"}

    @field_validator("milestones")
    @classmethod
    def _rising(cls, milestones: tuple[float, ...]) -> tuple[float, ...]:
        if any(later <= earlier for earlier, later in pairwise(milestones)):
            raise ValueError(f"they are {list(milestones)}: list them rising, each once")
        return milestones

    @field_validator("processes")
    @classmethod
    def _fed(cls, processes: int, info: ValidationInfo) -> int:
        batch = info.data.get("batch")
        if processes > 1 and batch is not None and batch < 2 * processes:
            raise ValueError(
                f"'train.batch' is {batch}, fewer than 2 images for each of {processes} processes: raise it or start "
                "fewer"
            )
        return processes

    @field_validator("nodes")
    @classmethod
    def _shared(cls, nodes: int, info: ValidationInfo) -> int:
        processes = info.data.get("processes")
        if processes is not None and processes % nodes:
            raise ValueError(
                f"'train.processes' is {processes}, which {nodes} nodes cannot share evenly: change either"
            )
        return nodes
