"""Class centres with row-wise SGD: the weight of a fully connected head, updated inside backward.

Forward needs two numbers a sample: the log-sum-exp over the other centres and the cosine to its own. Backward walks
the same chunks again, forms d loss / d cosine for one chunk, and from it both the embeddings' gradient and that
chunk's own, which is applied at once. So neither (B, C) logits nor a (C, D) gradient ever exist, and only the rows
compared in this step move, with their momentum.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from heads._idle import Idle
from heads._lse import accumulation_type, chunks, hide_columns


class Comparison(NamedTuple):
    """Which rows are compared and how they move: what one step adds to the centres' state."""

    rows: Tensor | None
    """(n,) int64 distinct classes compared, or None for all"""
    targets: Tensor
    """(B,) int64 position of each sample's own class among the rows"""
    scale: float
    lr: float


class Centres(nn.Module):
    """(C, D) class centres of any length (their direction is what counts) and their SGD momentum.

    The update is torch.optim.SGD's, row by row: v <- momentum*v + g + weight_decay*w, w <- w - lr*v. Rows that are not
    compared rest; with `dense` their momentum and weight decay go on, as if every step had updated all rows.
    """

    def __init__(
        self,
        num_classes: int,
        dim: int,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
        dense: bool = False,
        std: float = 0.01,
    ):
        super().__init__()
        self.register_buffer("weight", torch.randn(num_classes, dim) * std)
        self.register_buffer("velocity", torch.zeros(num_classes, dim))
        self.momentum, self.weight_decay = momentum, weight_decay
        self.idle = Idle(num_classes) if dense else None

    def compare(self, embeddings: Tensor, step: Comparison) -> tuple[Tensor, Tensor]:
        """Log-sum-exp over the other compared centres and cosine to the own one, both (B,).

        `embeddings` (B, D) are unit rows. Calling backward on a function of the two moves the compared rows.
        """
        if self.idle is not None:
            self.idle.catch_up(step.rows, self.weight, self.velocity)
        return _Compare.apply(embeddings, self, step)

    def current(self) -> Tensor:
        """(C, D) centres with every row brought up to date."""
        if self.idle is not None:
            self.idle.catch_up(slice(None), self.weight, self.velocity)
        return self.weight

    def count_step(self, step: Comparison) -> None:
        """Called once all compared rows have moved."""
        if self.idle is not None:
            self.idle.advance(step.rows, step.lr, self.momentum, self.weight_decay)
            self.idle.catch_up(self.idle.due(), self.weight, self.velocity)

    @torch.no_grad()
    def descend(self, where: Tensor | slice, gradient: Tensor, lr: float) -> None:
        """One SGD step of rows `where` (distinct), given their (n, D) gradient."""
        weight = self.weight[where]
        velocity = self.velocity[where].mul_(self.momentum).add_(gradient).add_(weight, alpha=self.weight_decay)
        self.velocity[where] = velocity
        self.weight[where] = weight.sub(velocity, alpha=lr)


class _Compare(torch.autograd.Function):
    @staticmethod
    def forward(ctx, embeddings: Tensor, centres: Centres, step: Comparison):
        e = embeddings.to(accumulation_type(embeddings))
        top = torch.full((len(e),), -torch.inf, dtype=e.dtype, device=e.device)
        total, hide = torch.zeros_like(top), hide_columns(step.targets)
        for part, where in _parts(centres, step):
            logits = (e @ _unit(centres.weight[where].to(e.dtype))[0].T).mul_(step.scale)
            hide(logits, part)
            new_top = torch.maximum(top, logits.amax(1))
            base = new_top.masked_fill(new_top == -torch.inf, 0)
            total = total * (top - base).exp() + logits.sub_(base[:, None]).exp_().sum(1)
            top = new_top
        lse = top + total.log()
        own = step.targets if step.rows is None else step.rows[step.targets]
        cosine = (e * _unit(centres.weight[own].to(e.dtype))[0]).sum(1)
        ctx.save_for_backward(embeddings, lse)
        ctx.centres, ctx.step = centres, step
        return lse, cosine

    @staticmethod
    @once_differentiable
    def backward(ctx, lse_gradient: Tensor, cosine_gradient: Tensor):
        embeddings, lse = ctx.saved_tensors
        centres, step = ctx.centres, ctx.step
        e = embeddings.to(lse.dtype)
        gradient, shift = torch.zeros_like(e), lse.masked_fill(lse == -torch.inf, 0)[:, None]
        for part, where in _parts(centres, step):
            unit, length = _unit(centres.weight[where].to(e.dtype))
            slope = (e @ unit.T).mul_(step.scale).sub_(shift).exp_().mul_((lse_gradient * step.scale)[:, None])
            _put(slope, step.targets, part, cosine_gradient)  # slope is d loss / d cosine of every pair
            gradient.addmm_(slope, unit)
            along = slope.T @ e
            along.sub_(unit * (unit * along).sum(1, keepdim=True)).div_(length)  # back through w / |w|
            centres.descend(where, along.to(centres.weight.dtype), step.lr)
        centres.count_step(step)
        return gradient.to(embeddings.dtype), None, None


def _parts(centres: Centres, step: Comparison):
    size = len(centres.weight) if step.rows is None else len(step.rows)
    for part in chunks(centres.weight, size):
        yield part, part if step.rows is None else step.rows[part]


def _unit(weight: Tensor) -> tuple[Tensor, Tensor]:
    length = weight.norm(dim=1, keepdim=True).clamp_min(1e-12)
    return weight / length, length


def _put(slope: Tensor, targets: Tensor, part: slice, values: Tensor) -> None:
    rows = ((targets >= part.start) & (targets < part.stop)).nonzero().squeeze(1)
    slope[rows, targets[rows] - part.start] = values[rows]
