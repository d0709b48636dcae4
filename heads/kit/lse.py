"""negative_lse: the log-sum-exp over all *other* class vectors, the one primitive under every softmax head.

The pass walks over chunks of classes, so no (B, pool) tensor ever exists, and hides the columns of a sample's own
class inside the pass: subtracting the target from a finished log-sum-exp would cancel totally in float32 at s = 64.
Logits are kept in base 2, log2(e) * s * cos: a CPU computes exp2 in half the time of exp.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from heads.kit import ranks

CHUNK_CPU, CHUNK_GPU = 1024, 16384
"""class vectors in one chunk: on a CPU its logits should stay in the cache, on a GPU launches should be few"""
CONSTANT = 2
"""chunks of a constant pool are so many times longer: nothing but their logits has to stay there"""


def chunk_size(device: torch.device) -> int:
    """Class vectors in one chunk on `device`."""
    return CHUNK_CPU if device.type == "cpu" else CHUNK_GPU


def chunks(size: int, chunk: int) -> Iterator[slice]:
    """Slices that cover `size` rows, each `chunk` long but for the last."""
    for start in range(0, size, chunk):
        yield slice(start, min(start + chunk, size))


def working_bytes(batch: int, size: int, dim: int, vectors: int = 0) -> int:
    """Bytes of temporaries in a pass of `batch` embeddings over `size` class vectors on a CPU, in float32: the logits
    of a chunk, `vectors` matrices as large as a chunk of class vectors, and a few of the batch's size."""
    return 4 * (min(size, CHUNK_CPU * (1 if vectors else CONSTANT)) * (batch + vectors * dim) + batch * (4 * dim + 16))


Hide = Callable[[Tensor, slice], None]
"""hide(logits, part): set to -inf, in place, what does not belong in columns `part` of a sample's denominator"""


def hide_labels(labels: Tensor, pool_labels: Tensor) -> Hide:
    """Hide every column whose class is the sample's own. `labels` (B,) and `pool_labels` (n,) are int64."""
    if labels.device.type == "cpu":
        return _hide_few(labels, pool_labels)

    def hide(logits: Tensor, part: slice) -> None:
        logits.masked_fill_(labels[:, None] == pool_labels[None, part], -torch.inf)

    return hide


def _hide_few(labels: Tensor, pool_labels: Tensor) -> Hide:
    """The same by looking only at the columns of the batch's classes: comparing all of them costs a CPU a fifth of the
    matrix product, but a GPU's host would have to wait for the list of columns."""
    if not len(labels):
        return lambda logits, part: None
    known = labels.sort().values
    at = torch.searchsorted(known, pool_labels).clamp_max_(len(known) - 1)
    concerned = (known[at] == pool_labels).nonzero().squeeze(1)
    listed = concerned.tolist()

    def hide(logits: Tensor, part: slice) -> None:
        columns = concerned[inside(listed, part)]
        own = labels[:, None] == pool_labels[None, columns]
        columns = columns - part.start
        logits[:, columns] = logits[:, columns].masked_fill_(own, -torch.inf)

    return hide


def inside(ordered: list[int], part: slice) -> slice:
    """Where in the ascending list those of `part` are."""
    return slice(bisect_left(ordered, part.start), bisect_left(ordered, part.stop))


def hide_columns(columns: Tensor) -> Hide:
    """Hide one column a sample: `columns` (B,) int64 into the pool, negative for none."""
    own = OwnColumns(columns)
    return lambda logits, part: own.put(logits, part, -torch.inf)


class OwnColumns:
    """One column of a pool for each sample, `columns` (B,) int64, negative for none, reached chunk by chunk.

    On a CPU they are sorted, so that a chunk costs what lies in it; for that a GPU's host would have to wait.
    """

    def __init__(self, columns: Tensor):
        self.columns, self.listed = columns, None
        if columns.device.type == "cpu":
            self.columns, self.order = columns.sort()
            self.listed = self.columns.tolist()

    def put(self, matrix: Tensor, part: slice, values: Tensor | float) -> None:
        """Set the samples' entries of `matrix` (B, n), columns `part` of the pool, to `values` (B,) or one number."""
        if self.listed is None:
            self._put_masked(matrix, part, values)
            return
        here = inside(self.listed, part)
        rows = self.order[here]
        if len(rows):
            chosen = values[rows] if isinstance(values, Tensor) else torch.tensor(values, dtype=matrix.dtype)
            matrix[rows, self.columns[here] - part.start] = chosen

    def _put_masked(self, matrix: Tensor, part: slice, values: Tensor | float) -> None:
        here = ((self.columns >= part.start) & (self.columns < part.stop))[:, None]
        at = torch.where(here, self.columns[:, None] - part.start, 0)
        values = values[:, None] if isinstance(values, Tensor) else values
        matrix.scatter_(1, at, torch.where(here, values, matrix.gather(1, at)))


def hide_also(hide: Hide, hidden: list[Tensor], lengths: list[int]) -> Hide:
    """Hide what `hide` does and, for consecutive groups of samples of these `lengths`, the columns where the group's
    entry of `hidden`, (n,) bool, is set."""
    penalties = [torch.zeros(len(h), device=h.device).masked_fill_(h, -torch.inf) for h in hidden]

    def both(logits: Tensor, part: slice) -> None:
        hide(logits, part)
        for rows, penalty in zip(logits.split(lengths), penalties, strict=True):
            rows.add_(penalty[None, part])

    return both


def mask(places: Tensor, size: int) -> Tensor:
    """(size,) bool that is set at `places` (k,) int64."""
    return torch.zeros(size, dtype=torch.bool, device=places.device).index_fill_(0, places, True)


class LogSumExp:
    """The log-sum-exp of (B, n) logits that arrive chunk by chunk."""

    unit = 1 / math.log(2)
    """what a cosine times the scale is multiplied with to become a logit"""
    parameter = None

    def __init__(self, embeddings: Tensor):
        self.top = widened(embeddings).new_full((len(embeddings),), -torch.inf)
        self.total = torch.zeros_like(self.top)

    def add(self, logits: Tensor) -> Tensor:
        """Take in (B, n) logits, which become weights in place; earlier weights shrink by the (B,) factor returned."""
        top = torch.maximum(self.top, logits.amax(1))
        base = top.masked_fill(top == -torch.inf, 0)
        weights = logits.sub_(base[:, None]).exp2_()
        shrink = self.top.sub_(base).exp2_()
        self.total.mul_(shrink).add_(weights.sum(1))
        self.top = top
        return shrink

    def here(self) -> Tensor:
        """(B,) log-sum-exp of what was taken in, -inf where that is nothing."""
        return (self.top + self.total.log2()) / self.unit

    def value(self) -> Tensor:
        """(B,) log-sum-exp over the classes of all ranks."""
        return self.here() if ranks.count() == 1 else ranks.gather(self.here()[None]).logsumexp(0)

    def slope(self, logits: Tensor, value: Tensor, gradient: Tensor, scale: float) -> Tensor:
        """`gradient` (B,) times d value / d cosine, in the place of `logits` (B, n)."""
        shift = value.masked_fill(value == -torch.inf, 0) * self.unit
        return logits.sub_(shift[:, None]).exp2_().mul_((gradient * scale)[:, None])

    def parameter_gradient(self) -> None:
        """It has no parameter."""


class _NegativeLSE(torch.autograd.Function):
    """Forward keeps the softmax-weighted mean of the pool beside the log-sum-exp (rescaled as its maximum moves),
    so that backward is a product of that (B, D) mean: two matrix products a chunk in all instead of three."""

    @staticmethod
    def forward(ctx, embeddings: Tensor, pool: Tensor, hide: Hide, scale: float, chunk: int | None) -> Tensor:
        e = widened(embeddings) * (scale * LogSumExp.unit)
        mean, lse = torch.zeros_like(e), LogSumExp(e)
        chunk = chunk or CONSTANT * chunk_size(pool.device)
        buffer = e.new_empty(min(chunk, len(pool)) * len(e))  # one for all chunks: fresh pages are slow
        for part in chunks(len(pool), chunk):
            vectors = pool[part].to(e.dtype)
            logits = torch.mm(e, vectors.T, out=buffer[: len(e) * len(vectors)].view(len(e), len(vectors)))
            hide(logits, part)
            shrink = lse.add(logits)
            mean.mul_(shrink[:, None]).addmm_(logits, vectors)
        ctx.save_for_backward(mean.div_(lse.total.clamp_min(torch.finfo(e.dtype).tiny)[:, None]))
        ctx.scale, ctx.type = scale, embeddings.dtype
        return lse.here()

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor):
        (mean,) = ctx.saved_tensors
        return (gradient[:, None] * mean * ctx.scale).to(ctx.type), None, None, None, None


def negative_lse(embeddings: Tensor, pool: Tensor, hide: Hide, scale: float, chunk: int | None = None) -> Tensor:
    """log sum_j exp(scale * e.p_j) over the columns of a constant `pool` that `hide` leaves.

    `embeddings` (B, D) and `pool` (n, D) are unit rows; the result is (B,), -inf where every column is hidden.
    Half-precision inputs are accumulated in float32. Only `embeddings` receive a gradient.
    """
    return _NegativeLSE.apply(embeddings, pool, hide, scale, chunk)


def both_lse(a: Tensor, b: Tensor) -> Tensor:
    """The log-sum-exp of two log-sum-exps (B,); finite gradients even where both are -inf."""
    lowest = torch.finfo(a.dtype).min / 2
    return torch.logaddexp(a.clamp_min(lowest), b.clamp_min(lowest))


def widened(embeddings: Tensor) -> Tensor:
    """Half-precision embeddings in float32, others as they are: what sums and cosines are computed in. A cosine rounded
    to eight bits and multiplied by a scale is far off."""
    return embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))
