"""negative_lse: the log-sum-exp over all *other* class vectors, the one primitive under every softmax head.

The pass walks over chunks of classes and hides the columns of a sample's own class inside the pass: subtracting the
target from a finished log-sum-exp would cancel totally in float32 at s = 64. Within this file logits are kept in base
2, log2(e) * s * cos, because a CPU computes exp2 in half the time of exp; nothing outside sees that. Cosines are
bounded, so up to a scale of STEADY no maximum need be found and subtracted before the exponential: two passes over the
logits less, a tenth of a step.
"""

import math
from typing import Any, Protocol, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from heads.kit import ranks
from heads.kit.chunking import CONSTANT, chunk_size, chunks
from heads.kit.hide import Hide

LOG2_E = 1 / math.log(2)


class Watcher(Protocol):
    """Looks at the logits of a pass without changing them, for example to find the hardest negatives."""

    def see(self, logits: Tensor, part: slice, scale: float) -> None:
        """Take note of the (B, n) logits of the pool's columns `part`: cosines times `scale`, -inf where hidden."""


STEADY = 66.0
"""largest scale at which 2^(log2(e) * scale * cos) of unit rows, rounded to eight bits, and the sum of 10^9 of them are
normal float32 numbers for every cosine"""


class LogSumExp:
    """The log-sum-exp over negatives whose (B, n) logits arrive chunk by chunk: of unit rows, scaled up to STEADY."""

    parameter: Tensor | None = None

    def __init__(self, embeddings: Tensor):
        self.total = widened(embeddings).new_zeros(len(embeddings))

    def query(self, embeddings: Tensor, scale: float) -> Tensor:
        """(B, D) rows whose products with unit class vectors are the logits that `add` and `slope` expect."""
        return embeddings * (scale * LOG2_E)

    def add(self, logits: Tensor) -> Tensor | None:
        """Take in (B, n) logits, which become weights in place; earlier weights shrink by the (B,) factor returned."""
        self.total.add_(logits.exp2_().sum(1))
        return None

    def here(self) -> Tensor:
        """(B,) log-sum-exp of what was taken in, -inf where that is nothing."""
        return self.total.log2() / LOG2_E

    def value(self) -> Tensor:
        """(B,) log-sum-exp over the classes of all ranks."""
        return self.here() if ranks.count() == 1 else ranks.gather(self.here()[None]).logsumexp(0)

    def slope(self, logits: Tensor, value: Tensor, gradient: Tensor, scale: float) -> Tensor:
        """`gradient` (B,) times d value / d cosine, in the place of `logits` (B, n)."""
        factor = gradient * scale * (-LOG2_E * finite(value)).exp2()
        return logits.exp2_().mul_(factor[:, None])

    def parameter_gradient(self) -> None:
        """It has no parameter."""


class ShiftedLogSumExp(LogSumExp):
    """The same for any scale: what is summed is relative to the largest logit so far."""

    def __init__(self, embeddings: Tensor):
        super().__init__(embeddings)
        self.top = torch.full_like(self.total, -torch.inf)

    def add(self, logits: Tensor) -> Tensor:
        top = torch.maximum(self.top, logits.amax(1))
        base = finite(top)
        shrink = self.top.sub_(base).exp2_()
        self.total.mul_(shrink)
        super().add(logits.sub_(base[:, None]))
        self.top = top
        return shrink

    def here(self) -> Tensor:
        return self.top / LOG2_E + super().here()

    def slope(self, logits: Tensor, value: Tensor, gradient: Tensor, scale: float) -> Tensor:
        shift = finite(value)
        return super().slope(logits.sub_(LOG2_E * shift[:, None]), torch.zeros_like(shift), gradient, scale)


def log_sum_exp(embeddings: Tensor, scale: float) -> LogSumExp:
    """What adds up the negatives of unit `embeddings` (B, D) at this `scale`."""
    return LogSumExp(embeddings) if scale <= STEADY else ShiftedLogSumExp(embeddings)


def finite(value: Tensor) -> Tensor:
    """`value` (B,), 0 where it is the log-sum-exp of nothing, -inf."""
    return value.masked_fill(value == -torch.inf, 0)


class _NegativeLSE(torch.autograd.Function):
    """Forward keeps the softmax-weighted mean of the pool along with the log-sum-exp, so that backward is a product of
    that (B, D) mean: two matrix products a chunk in all instead of three."""

    @staticmethod
    def forward(
        ctx: Any, embeddings: Tensor, pool: Tensor, hide: Hide, scale: float, watch: Watcher | None, chunk: int
    ) -> Tensor:
        lse = log_sum_exp(embeddings, scale)
        e = lse.query(widened(embeddings), scale)
        mean = torch.zeros_like(e)
        buffer = e.new_empty(min(chunk, len(pool)) * len(e))  # one for all chunks: fresh pages are slow
        for part in chunks(len(pool), chunk):
            vectors = pool[part].to(e.dtype)
            logits = torch.mm(e, vectors.T, out=buffer[: len(e) * len(vectors)].view(len(e), len(vectors)))
            hide(logits, part)
            if watch is not None:
                watch.see(logits, part, scale * LOG2_E)
            shrink = lse.add(logits)
            if shrink is not None:
                mean.mul_(shrink[:, None])
            mean.addmm_(logits, vectors)
        ctx.save_for_backward(mean.div_(lse.total.clamp_min(torch.finfo(e.dtype).tiny)[:, None]))
        ctx.scale, ctx.type = scale, embeddings.dtype
        return lse.here()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (mean,) = ctx.saved_tensors
        own = (gradient[:, None] * mean * ctx.scale).to(ctx.type)
        return own, None, None, None, None, None


def negative_lse(
    embeddings: Tensor,
    pool: Tensor,
    hide: Hide,
    scale: float,
    *,
    watch: Watcher | None = None,
    chunk: int | None = None,
) -> Tensor:
    """log sum_j exp(scale * e.p_j) over the columns of a constant `pool` that `hide` leaves.

    `embeddings` (B, D) and `pool` (n, D) are unit rows; the result is (B,), -inf where every column is hidden.
    Half-precision inputs are accumulated in float32. Only `embeddings` receive a gradient. `watch` sees the logits of
    every chunk after `hide`.
    """
    chunk = chunk or CONSTANT * chunk_size(pool.device)
    return cast(Tensor, _NegativeLSE.apply(embeddings, pool, hide, scale, watch, chunk))


def both_lse(a: Tensor, b: Tensor) -> Tensor:
    """The log-sum-exp of two log-sum-exps (B,); finite gradients even where both are -inf."""
    lowest = torch.finfo(a.dtype).min / 2
    return torch.logaddexp(a.clamp_min(lowest), b.clamp_min(lowest))


def widened(embeddings: Tensor) -> Tensor:
    """Half-precision embeddings in float32, others as they are: what sums and cosines are computed in. A cosine rounded
    to eight bits and multiplied by a scale is far off."""
    return embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))
