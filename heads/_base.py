"""The interface of a head: the one file to read before writing your own.

A head turns a batch into a scalar loss. It never builds loaders, backbones or their optimisers, but it owns
whatever it keeps per class (centres, queue, pool) and how that is updated.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize


class Batch(NamedTuple):
    """What the loader delivers: one tensor of inputs and one of labels for each view.

    `views[i]` is (B, ...) floating point: images, or embeddings when the head is measured alone;
    `labels[i]` is its (B,) int64 class labels in [0, num_classes).
    """

    views: tuple[Tensor, ...]
    labels: tuple[Tensor, ...]


class Encoder(nn.Module):
    """The map from a view to unit embeddings that a head is given; alone, for a measurement, it only normalises.

    Training hands over one that wraps a backbone and, where the head declares `momentum`, the backbone's twin.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, ...) -> (B, D) unit embeddings, with gradient."""
        return normalize(x.flatten(1), dim=1)

    @torch.no_grad()
    def momentum(self, x: Tensor) -> Tensor:
        """(B, ...) -> (B, D) unit embeddings from the momentum twin, without gradient."""
        return self(x)


class Cost(NamedTuple):
    """What one training step of a head must at least do: the roofline its measured time is held against."""

    state_bytes: int
    """bytes kept between steps: centres and their momentum, queue, pool"""
    moved_bytes: int
    """bytes of state read and written in a step by an ideal fused implementation"""
    flops: int
    """floating-point operations of the step's matrix products"""
    working_bytes: int
    """most bytes of temporaries that a step holds at once, on a CPU in float32, beyond state and embeddings"""
    twin_images: int = 0
    """images that the step asks the momentum twin to encode; 0 where the head needs no twin"""


class Upkeep(NamedTuple):
    """Work that a head does only every so many steps, within a step: no median shows what it costs."""

    seconds: float
    """how long it took the last time, from when the device had nothing else to do"""
    every_steps: int
    """how many steps lie between one time and the next"""


class Head(nn.Module):
    """A classification head. Subclass it as `Head` in `heads/<name>.py` and the name is registered.

    The subclass's constructor is its config schema: `num_classes` and `embedding_dim` are given by the data and
    the backbone, `ratio` by the config's list of ratios, every further keyword is an option of the config.
    """

    batches = "instances"
    """what the loader must deliver: instances | pairs | pairs+instances | groups (or a variant a head names)"""
    momentum: float | None = None
    """the paper's momentum of the encoder's twin (the limit for long runs); None where the head needs no twin"""
    accumulates = False
    """whether several forward and backward passes may precede one `commit`"""

    lr: float = 0.0
    """learning rate of the current step, set by the trainer before `forward`"""
    evaluates = "query"
    """which encoder is the result of training: query | momentum"""
    ramp: float = 1.0
    """share of the full margin in force, set by the trainer: it grows from 0 to 1 while training warms up"""
    upkeep: Upkeep | None = None
    """what the head's periodic work took the last time, a new Upkeep each time; None while it has done none"""

    def forward(self, encode: Encoder, batch: Batch) -> Tensor:
        """Return the scalar loss of `batch`; gradients reach the encoder through `encode`."""
        raise NotImplementedError

    def commit(self) -> None:
        """Called after the optimiser's step: enqueue, admit, restore. Nothing by default."""

    def centres(self) -> Tensor | None:
        """(num_classes, D) learned class centres, or None for a head that learns none."""
        return None

    def rows_in_loss(self) -> int:
        """How many class vectors a sample is compared with in one step."""
        raise NotImplementedError

    @classmethod
    def cost(cls, batch: int, classes: int, dim: int, **options: object) -> Cost:
        """Lower bounds of one step's work with `batch` images that carry a gradient."""
        raise NotImplementedError


def margin_loss(lse_negative: Tensor, cosine: Tensor, scale: float) -> Tensor:
    """Cross-entropy of one target logit against all others, per sample.

    `lse_negative` is (B,), the log-sum-exp of the other logits; `cosine` is (B,), the target's with its margin
    applied. softplus(lse - s*cos) is -log softmax without ever cancelling two large numbers.
    """
    return nn.functional.softplus(lse_negative - scale * cosine, threshold=50)


def check_ratio(ratio: float) -> float:
    """Return `ratio` if it is a share of the classes in (0, 1]; ValueError otherwise."""
    if not 0 < ratio <= 1:
        raise ValueError(f"ratio {ratio} is outside (0, 1]: it is the share of classes a head keeps or samples")
    return ratio


def widened(embeddings: Tensor) -> Tensor:
    """Half-precision embeddings in float32, others as they are: what sums and cosines are computed in. A cosine rounded
    to eight bits and multiplied by a scale is far off."""
    return embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))


def check_option(name: str, value: str, *known: str) -> str:
    """Return `value` if it is one of `known`; ValueError lists them otherwise."""
    if value not in known:
        raise ValueError(f"{name} '{value}' is not known: choose one of {', '.join(known)}")
    return value


class NotFinite(ValueError):
    """The embeddings are no longer numbers: training has diverged."""


def check_batch(embeddings: Tensor, labels: Tensor, num_classes: int, embedding_dim: int) -> None:
    """Refuse what would silently train a wrong model: ValueError names the tensor and what is wrong with it.

    NotFinite where embeddings are NaN or infinite; on a GPU, whose host should not wait, the loss will show it.
    """
    check_labels(labels, num_classes)
    if embeddings.shape != (len(labels), embedding_dim):
        raise ValueError(f"embeddings are {tuple(embeddings.shape)}, expected ({len(labels)}, {embedding_dim})")
    check_finite(embeddings)


def check_pairs(
    embeddings: tuple[Tensor, Tensor], labels: tuple[Tensor, Tensor], num_classes: int, embedding_dim: int
) -> None:
    """`check_batch` of both views, and ValueError unless they show the same classes, row by row."""
    for view, classes in zip(embeddings, labels, strict=True):
        check_batch(view, classes, num_classes, embedding_dim)
    one, other = labels
    if len(one) != len(other):
        raise ValueError(f"views of {len(one)} and {len(other)} images: this head wants pairs, two of each class")
    refuse_unless((one == other).all(), lambda: "the views' labels differ: this head wants pairs, two of each class")


def check_finite(embeddings: Tensor) -> None:
    """NotFinite if unit rows on a CPU hold NaN or infinity."""
    if embeddings.device.type == "cpu" and not embeddings.detach().sum().isfinite():  # unit rows do not overflow a sum
        raise NotFinite("embeddings hold NaN or infinity: lower train.lr or lengthen train.warmup")


def check_labels(labels: Tensor, num_classes: int) -> None:
    """ValueError unless `labels` are (B,) int64 in [0, num_classes)."""
    if labels.ndim != 1:
        raise ValueError(f"labels are {tuple(labels.shape)}, expected one class id a sample: (B,)")
    if labels.dtype != torch.int64:
        raise ValueError(f"labels are {labels.dtype}, expected torch.int64: other types cannot hold every class id")
    within = ((labels >= 0) & (labels < num_classes)).all()
    refuse_unless(within, lambda: f"labels span {labels.min()}..{labels.max()}, outside 0..{num_classes - 1}")


def refuse_unless(condition: Tensor, message: Callable[[], str]) -> None:
    """Raise ValueError with the `message` unless the boolean scalar `condition` holds. On a GPU the device asserts it
    without making the host wait: a violation ends the process with an error of the device."""
    if condition.device.type != "cpu":
        torch._assert_async(condition, "a head refused its batch: is a label outside 0..C-1, or the batch too large?")
    elif not condition:
        raise ValueError(message())
