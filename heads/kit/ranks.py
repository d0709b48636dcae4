"""Several processes as one: what heads need of torch.distributed. In a process of its own, nothing here communicates.

The convention of every head: each rank is given its own part of the global batch; the loss it returns is the mean over
the *global* batch, the same number on every rank; and backward leaves on each rank the exact gradient of that number
with respect to the rank's own embeddings. So gradients of the backbone are *summed* over ranks, not averaged, and W
processes train the same model as one.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

NAMES = ("reduce_scatter_single", "reduce_scatter_tensor")
"""what newer and older versions of torch call the same function"""


def count() -> int:
    """Number of processes that train together, W."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process among them, 0..W-1."""
    return dist.get_rank() if count() > 1 else 0


def share(total: int, of: int | None = None) -> range:
    """The contiguous share of 0..total-1 that rank `of`, or this one, owns; the first total mod W have one more."""
    of = rank() if of is None else of
    each, more = divmod(total, count())
    start = of * each + min(of, more)
    return range(start, start + each + (of < more))


def sizes(number: int, device: torch.device) -> list[int]:
    """`number` of every rank, in order."""
    if count() == 1:
        return [number]
    own = torch.tensor([number], device=device)
    parts = [torch.empty_like(own) for _ in range(count())]
    dist.all_gather(parts, own)
    return torch.cat(parts).tolist()


def gather(rows: Tensor) -> Tensor:
    """The (n, ...) rows of every rank, n not necessarily the same, as one (N, ...) tensor in order, detached."""
    return rows if count() == 1 else _gather(rows.detach(), sizes(len(rows), rows.device))


def gather_embeddings(rows: Tensor) -> Tensor:
    """Like `gather`, but differentiable: gradients are summed over ranks."""
    return rows if count() == 1 else cast(Tensor, _Gather.apply(rows, sizes(len(rows), rows.device)))


def total(values: Tensor) -> Tensor:
    """Sum over ranks of equally shaped tensors, without gradient."""
    if count() == 1:
        return values
    values = values.detach().clone()
    dist.all_reduce(values)
    return values


def mean(values: Tensor, weights: Tensor | None = None) -> Tensor:
    """Scalar mean of the (n,) `values` of all ranks, weighted by `weights` (n,) if given; 0 if nothing has weight.

    Its gradient on each rank is that of the rank's own values.
    """
    weights = torch.ones_like(values) if weights is None else weights.to(values.dtype)
    own = (values * weights).sum() / total(weights.sum()).clamp_min(torch.finfo(values.dtype).tiny)
    return (own - own.detach()) + total(own.detach())  # so bracketed, to the bit the same on every rank


def own_part(rows: Tensor, number: int) -> Tensor:
    """Of rows gathered from all ranks, the `number` that this one gave."""
    if count() == 1:
        return rows
    start = sum(sizes(number, rows.device)[: rank()])
    return rows[start : start + number]


def shuffled(encode: Callable[[Tensor], Tensor], views: Tensor, generator: Callable[[], torch.Generator]) -> Tensor:
    """(N, D) encodings of all ranks' views, each encoded on a rank drawn by lot.

    So the statistics of batch normalisation do not tell which view belongs to which query (He et al. 2020, MoCo,
    section 3.3). The order is that of `gather`; the generator must be the same on all ranks. Alone: encode(views).
    """
    if count() == 1:
        return encode(views)
    everything = gather(views)
    order = torch.randperm(len(everything), generator=generator(), device=views.device)
    mine = share(len(everything))
    encoded = gather(encode(everything[order[mine.start : mine.stop]]))
    return torch.empty_like(encoded).index_copy_(0, order, encoded)


class _PartOfGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, parameter: Tensor) -> Tensor:
        return parameter.view_as(parameter)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient / count()


def replicated(parameter: Tensor) -> Tensor:
    """A parameter about to enter a computation that all ranks repeat: gradients are summed over ranks, so each gives
    its part of this one."""
    return parameter if count() == 1 else cast(Tensor, _PartOfGradient.apply(parameter))


def _gather(rows: Tensor, lengths: list[int]) -> Tensor:
    parts = [rows.new_empty(max(lengths), *rows.shape[1:]) for _ in lengths]
    dist.all_gather(parts, _padded(rows, max(lengths)))
    return torch.cat([part[:length] for part, length in zip(parts, lengths, strict=True)])


def _padded(rows: Tensor, length: int) -> Tensor:
    """`rows` and zeros after them up to `length`: collectives want equal sizes."""
    padded = rows.new_zeros(length, *rows.shape[1:])
    padded[: len(rows)] = rows
    return padded


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, lengths: list[int]) -> Tensor:
        ctx.lengths = lengths
        return _gather(rows, lengths)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        parts = [_padded(part, max(ctx.lengths)) for part in gradient.split(ctx.lengths)]
        own = torch.empty_like(parts[0])
        reduce_scatter = next(getattr(dist, name) for name in NAMES if hasattr(dist, name))
        reduce_scatter(own, torch.cat(parts))
        return own[: ctx.lengths[rank()]], None


class Sharded(nn.Module):
    """A module of which each rank holds its share of the classes: the buffers that `per_class` names.

    Its state_dict has all classes, by their global index, so that the checkpoint of W processes loads into any other
    number; asking for it is a collective call, through the host's memory, which all classes must fit. Loading keeps
    this rank's share.
    """

    per_class: tuple[str, ...] = ()

    def __init__(self, num_classes: int):
        super().__init__()
        self.num_classes = num_classes
        self.own = share(num_classes)

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if count() > 1:
            for name in self.per_class:
                destination[prefix + name] = gather(destination[prefix + name].cpu())

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        own = dict(state_dict)
        for name in self.per_class:
            if prefix + name in own:
                saved = own[prefix + name]
                if len(saved) != self.num_classes:
                    raise ValueError(f"{prefix}{name} was saved for {len(saved)} classes, not {self.num_classes}")
                own[prefix + name] = saved[self.own.start : self.own.stop]
        super()._load_from_state_dict(own, prefix, *rest)
