"""negative_lse: the log-sum-exp over all *other* class vectors, the one primitive under every softmax head.

The pass walks over chunks of classes, so no (B, pool) tensor ever exists, and hides the columns of a sample's own
class inside the pass: subtracting the target from a finished log-sum-exp would cancel totally in float32 at s = 64.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

CHUNK_CPU, CHUNK_GPU = 2048, 16384
"""class vectors in one chunk: on a CPU its logits should stay in the cache, on a GPU launches should be few"""


def chunks(pool: Tensor, size: int | None = None, chunk: int | None = None) -> Iterator[slice]:
    """Slices that cover the first `size` rows of `pool`, or all, each as long as suits its device or `chunk`."""
    chunk = chunk or (CHUNK_CPU if pool.device.type == "cpu" else CHUNK_GPU)
    size = len(pool) if size is None else size
    for start in range(0, size, chunk):
        yield slice(start, min(start + chunk, size))


Hide = Callable[[Tensor, slice], None]
"""hide(logits, part): set to -inf, in place, what does not belong in columns `part` of a sample's denominator"""


def hide_labels(labels: Tensor, pool_labels: Tensor) -> Hide:
    """Hide every column whose class is the sample's own. `labels` (B,) and `pool_labels` (n,) are int64."""

    def hide(logits: Tensor, part: slice) -> None:
        logits.masked_fill_(labels[:, None] == pool_labels[None, part], -torch.inf)

    return hide


def hide_columns(columns: Tensor) -> Hide:
    """Hide one column a sample: `columns` (B,) int64 into the pool, negative for none."""

    def hide(logits: Tensor, part: slice) -> None:
        rows = ((columns >= part.start) & (columns < part.stop)).nonzero().squeeze(1)
        logits[rows, columns[rows] - part.start] = -torch.inf

    return hide


def hide_also(hide: Hide, columns: Tensor) -> Hide:
    """Hide what `hide` does and, for every sample, `columns` (k,) int64."""

    def both(logits: Tensor, part: slice) -> None:
        hide(logits, part)
        logits[:, within(columns, part)] = -torch.inf

    return both


def within(columns: Tensor, part: slice) -> Tensor:
    """Those of `columns` (k,) that lie in `part`, counted from its start."""
    return columns[(columns >= part.start) & (columns < part.stop)] - part.start


class _NegativeLSE(torch.autograd.Function):
    """Forward keeps the softmax-weighted mean of the pool beside the log-sum-exp (rescaled as its maximum moves),
    so that backward is a product of that (B, D) mean: two matrix products a chunk in all instead of three."""

    @staticmethod
    def forward(ctx, embeddings: Tensor, pool: Tensor, hide: Hide, scale: float, chunk: int | None) -> Tensor:
        high = accumulation_type(embeddings)
        e = embeddings.to(high)
        top = torch.full((len(e),), -torch.inf, dtype=high, device=e.device)
        total = torch.zeros_like(top)
        mean = torch.zeros_like(e)
        for part in chunks(pool, chunk=chunk):
            vectors = pool[part].to(high)
            logits = (e @ vectors.T).mul_(scale)
            hide(logits, part)
            new_top = torch.maximum(top, logits.amax(1))
            base = new_top.masked_fill(new_top == -torch.inf, 0)
            weights = logits.sub_(base[:, None]).exp_()
            shrink = (top - base).exp()
            total.mul_(shrink).add_(weights.sum(1))
            mean.mul_(shrink[:, None]).addmm_(weights, vectors)
            top = new_top
        ctx.save_for_backward(mean / total.clamp_min(torch.finfo(high).tiny)[:, None])
        ctx.scale = scale
        return top + total.log()

    @staticmethod
    def backward(ctx, gradient: Tensor):
        (mean,) = ctx.saved_tensors
        return gradient[:, None] * mean * ctx.scale, None, None, None, None


def negative_lse(embeddings: Tensor, pool: Tensor, hide: Hide, scale: float, chunk: int | None = None) -> Tensor:
    """log sum_j exp(scale * e.p_j) over the columns of a constant `pool` that `hide` leaves.

    `embeddings` (B, D) and `pool` (n, D) are unit rows; the result is (B,), -inf where every column is hidden.
    Half-precision inputs are accumulated in float32. Only `embeddings` receive a gradient.
    """
    return _NegativeLSE.apply(embeddings, pool, hide, scale, chunk)


def accumulation_type(tensor: Tensor) -> torch.dtype:
    """float64 stays, everything narrower accumulates in float32."""
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32
