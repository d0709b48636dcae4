"""What a head refuses: batches and options that would silently train a wrong model."""

from collections.abc import Callable

import torch
from torch import Tensor


def check_option(name: str, value: str, *known: str) -> str:
    """Return `value` if it is one of `known`; ValueError lists them otherwise."""
    if value not in known:
        raise ValueError(f"{name} '{value}' is not known: choose one of {', '.join(known)}")
    return value


def check_loss(loss: object) -> Tensor:
    """Return what a head's forward gave; TypeError unless it is a scalar with a gradient."""
    if not isinstance(loss, Tensor):
        raise TypeError(f"forward must return a scalar tensor, the loss, and returned {type(loss).__name__}")
    if loss.numel() != 1:
        raise TypeError(f"forward must return a scalar, the loss, and returned a tensor of shape {tuple(loss.shape)}")
    if not loss.requires_grad:
        raise TypeError(f"forward must return a loss with a gradient, and returned a {loss.dtype} without one")
    return loss


def check_centres(centres: Tensor | None, num_classes: int, embedding_dim: int) -> Tensor | None:
    """Return what a head's `centres` gave; TypeError unless it is None or (C, D)."""
    if centres is not None and centres.shape != (num_classes, embedding_dim):
        raise TypeError(
            f"centres must return ({num_classes}, {embedding_dim}), a vector for each class, or None, and returned "
            f"{tuple(centres.shape)}"
        )
    return centres


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
    embeddings: tuple[Tensor, ...], labels: tuple[Tensor, ...], num_classes: int, embedding_dim: int
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
