"""The interface of a head: the one file to read before writing your own.

A head turns a batch into a scalar loss. It never builds loaders, backbones or their optimisers, but it owns what it
keeps per class (centres, queue, pool) and how that is updated. Everything a head is made of comes from `heads.kit`.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from heads.kit.wire import Wire


class Batch(NamedTuple):
    """What the loader delivers: one tensor of inputs and one of labels for each view.

    `views[i]` is (B, ...) floating point: images, or embeddings when the head is measured alone;
    `labels[i]` is its (B,) int64 class labels in [0, num_classes).
    """

    views: tuple[Tensor, ...]
    labels: tuple[Tensor, ...]


class Encoder(nn.Module):
    """The map from a view to embeddings that a head is given; this one, for a head measured alone, only normalises.

    Training hands over one that wraps a backbone and, where the head declares `momentum`, the backbone's twin.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, ...) -> (B, D) unit embeddings, with gradient."""
        return normalize(self.features(x), dim=1)

    def features(self, x: Tensor) -> Tensor:
        """(B, ...) -> (B, D) embeddings before normalisation, with gradient, for heads that use their lengths."""
        return x.flatten(1)

    @torch.no_grad()
    def momentum(self, x: Tensor) -> Tensor:
        """(B, ...) -> (B, D) unit embeddings from the momentum twin, without gradient."""
        unit: Tensor = self(x)
        return unit


class Parts(NamedTuple):
    """What the bytes of a head consist of; what is not named here is something else."""

    weights: int = 0
    """of the state: class vectors that are learned"""
    momentum: int = 0
    """of the state: their momentum"""
    pool: int = 0
    """of the state: class vectors that are generated, with their labels"""
    host: int = 0
    """of the state: an index, which lies in the host's memory whatever the device"""
    logits: int = 0
    """of the temporaries: the logits of one chunk of class vectors"""
    staging: int = 0
    """of the temporaries: what lies in the host's memory whatever the device"""


class Cost(NamedTuple):
    """What one training step of a head must at least do: the roofline its measured time is held against."""

    state_bytes: int
    """bytes kept between steps: centres and their momentum, queue, pool"""
    moved_bytes: int
    """bytes of state read and written in a step by an ideal fused implementation"""
    flops: int
    """floating-point operations of the step's matrix products"""
    working_bytes: int
    """most bytes of temporaries that a step holds at once, in float32, beyond state and embeddings"""
    twin_images: int = 0
    """images that the step asks the momentum twin to encode; 0 where the head needs no twin"""
    parts: Parts = Parts()
    """what of these bytes is what"""
    wire: Wire | None = None
    """what one of several processes gives to the collectives of a step; None where the head does not say"""

    def sending(self, more: Wire) -> "Cost":
        """The same with `more` on the wire."""
        return self._replace(wire=more.plus(self.wire or Wire()))


class Upkeep(NamedTuple):
    """Periodic work, e.g. rebuilding an index every N steps. One step in N pays for it, so the median step time hides
    it, and it is recorded on its own."""

    seconds: float
    """how long it took the last time, from when the device had nothing else to do"""
    every_steps: int
    """how many steps lie between one time and the next"""
    times: int
    """how often it has been done so far, this time included: by this a step that did it is known"""


class Head(nn.Module):
    """A classification head. Subclass it as `Head` in `heads/<name>.py` and the name is registered.

    The subclass's constructor is its config schema. `num_classes` and `embedding_dim` are given by the data and the
    backbone, `ratio` by the config's list of ratios; `class_counts`, if it is named, is the (C,) int64 tensor of
    training images per class. Every further keyword is an option of the config. `margin`, `m`, `scale` and
    `weight_decay`, where they are named, come from the config's `loss` and `train` sections unless the row sets them:
    the defaults of the constructor are the paper's, not the run's. State lives in buffers, so that a checkpoint holds
    it. An `nn.Parameter` of the head's own is trained by the trainer's SGD along with the backbone.
    """

    batches: str = "instances"
    """what the loader must deliver: a name of the table in kit/batches.py"""
    momentum: float | None = None
    """the paper's momentum of the encoder's twin (the limit for long runs), which a row of the config may override;
    None where the head needs no twin"""
    accumulates: bool = False
    """whether several forward and backward passes may precede one `commit`"""

    lr: float = 0.0
    """learning rate of the current step, set by the trainer before `forward`"""
    evaluates: str = "query"
    """which encoder is the result of training: query | momentum"""
    ramp: float = 1.0
    """share of the full margin in force, set by the trainer: it grows from 0 to 1 while training warms up"""
    upkeep: Upkeep | None = None
    """what the head's periodic work took the last time, and which time it was; None while it has done none"""

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        """Return the scalar loss of `batch`; gradients reach the encoder through `encode`."""
        raise NotImplementedError

    def commit(self) -> None:
        """Called after the optimiser's step: enqueue, admit, restore. Nothing by default."""

    def centres(self) -> Tensor | None:
        """(num_classes, D) learned class centres, or None for a head that learns none.

        The evaluation scores them as "identification by centres", and model.pt keeps them.
        """
        return None

    def rows_in_loss(self) -> int:
        """How many class vectors a sample is compared with in one step; in the last one, where that varies because a
        batch has more classes than the head keeps."""
        raise NotImplementedError

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, **options: Any) -> Cost:
        """Lower bounds of one step's work with `batch` images that carry a gradient, in one process on a CPU.

        A head that also takes `place: Place` tells the cost elsewhere, of each of several processes that share the
        batch: then `batch`, `classes` and `twin_images` are still those of all.
        """
        raise NotImplementedError
