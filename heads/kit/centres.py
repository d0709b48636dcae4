"""Class centres with row-wise SGD: the weight of a fully connected head, updated inside backward.

Forward needs two numbers a sample: what the other classes add up to (a log-sum-exp) and the cosine to its own centre.
Backward walks the same chunks again, forms d loss / d cosine for one chunk, and from it both the embeddings' gradient
and that chunk's own, which is applied at once. So neither (B, C) logits nor a (C, D) gradient ever exist, and only the
rows compared in this step move, with their momentum.

With several processes each holds a share of the classes and compares the whole batch with it. What crosses the wire is
a number a sample, and in `gather_embeddings` the embeddings and their gradient: nothing that grows with C.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.linalg import vector_norm

from heads.kit import ranks
from heads.kit.chunking import Workspace, put_rows
from heads.kit.dice import draw_seed, stream
from heads.kit.hide import OwnColumns
from heads.kit.idle import Idle
from heads.kit.lse import log_sum_exp, widened

BLOCK = 4096
"""classes that are initialised from one stream of random numbers"""


class Accumulator(Protocol):
    """What a sample's negatives add up to: a log-sum-exp, or whatever a head sums instead.

    Embeddings are (N, D), logits (N, n) of one chunk of class vectors, value and gradient (N,).
    """

    @property
    def parameter(self) -> Tensor | None:
        """A learned number that the sum depends on, if any."""

    def query(self, embeddings: Tensor, scale: float) -> Tensor:
        """(N, D) rows whose products with unit class vectors are the logits of this sum."""

    def add(self, logits: Tensor) -> object:
        """Take in `logits`, which may be overwritten; -inf stands for a hidden class."""

    def value(self) -> Tensor:
        """(N,) the sum over the classes of all ranks."""

    def slope(self, logits: Tensor, value: Tensor, gradient: Tensor, scale: float) -> Tensor:
        """`gradient` times d value / d cosine, in the place of `logits`."""

    def parameter_gradient(self) -> Tensor | None:
        """Gradient of the parameter, after `slope` has seen all chunks."""


class Step(NamedTuple):
    """One comparison as this rank sees it."""

    rows: Tensor | None
    """(n,) rows of its share that take part, or None for all"""
    number: int
    """how many those are"""
    targets: Tensor
    """(N,) position of each sample's own class among them, or -1 where another rank has it"""
    own: Tensor
    """(N,) its row in the share; any row where another rank has it"""
    scale: float
    lr: float
    negatives: Accumulator


class Centres(ranks.Sharded):
    """(C, D) class centres of any length (their direction is what counts) and their SGD momentum.

    The update is torch.optim.SGD's, row by row: v <- momentum*v + g + weight_decay*w, w <- w - lr*v. Rows that are not
    compared rest; with `dense` their momentum and weight decay go on, as if every step had updated all rows.
    `weight` and `velocity` hold this rank's share.
    """

    per_class = ("weight", "velocity")
    weight: Tensor
    velocity: Tensor

    def __init__(
        self,
        num_classes: int,
        dim: int,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
        dense: bool = False,
        std: float = 0.01,
    ):
        super().__init__(num_classes)
        if not self.own:
            raise ValueError(f"{num_classes} classes cannot be shared by {ranks.count()} processes: start fewer")
        self.register_buffer("weight", _initial(self.own, dim, std, draw_seed()))
        self.register_buffer("velocity", torch.zeros(len(self.own), dim))
        self.momentum, self.weight_decay, self.dim = momentum, weight_decay, dim
        self.idle = Idle(num_classes) if dense else None

    def compare(
        self,
        embeddings: Tensor,
        labels: Tensor,
        scale: float,
        lr: float,
        rows: Tensor | None = None,
        negatives: Accumulator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """What the negatives, the other compared centres, add up to, and the cosine to the own one, both (N,).

        `embeddings` (N, D) are the unit rows and `labels` (N,) the classes of the whole batch; `rows` (n,) are the
        classes compared, sorted, distinct, every label among them, or None for all. Backward on a function of the two
        moves the compared rows with learning rate `lr`.
        """
        step = self._step(labels, rows, scale, lr, negatives or log_sum_exp(embeddings, scale))
        if self.idle is not None:
            self.idle.catch_up(slice(None) if step.rows is None else step.rows, self.weight, self.velocity)
        return cast(tuple[Tensor, Tensor], _Compare.apply(embeddings, step.negatives.parameter, self, step))

    def _step(self, labels: Tensor, rows: Tensor | None, scale: float, lr: float, negatives: Accumulator) -> Step:
        own = labels - self.own.start
        here = (own >= 0) & (own < len(self.own))
        if rows is not None:
            rows = self._mine(rows) - self.own.start
        targets = own if rows is None else torch.searchsorted(rows, own)
        number = len(self.own) if rows is None else len(rows)
        return Step(rows, number, targets.where(here, -1), own.where(here, 0), scale, lr, negatives)

    def _mine(self, rows: Tensor) -> Tensor:
        """Those of the sorted `rows` that this rank owns."""
        if ranks.count() == 1:
            return rows
        edges = torch.tensor([self.own.start, self.own.stop], device=rows.device)
        first, last = torch.searchsorted(rows, edges).tolist()
        return rows[first:last]

    def read(self, store: Tensor, rows: Tensor) -> Tensor:
        """(n, D) of `store`, weight or velocity, at the classes `rows` (n,); right only for those this rank owns."""
        return store[(rows - self.own.start).clamp(0, len(self.own) - 1)]

    def write(self, store: Tensor, rows: Tensor, values: Tensor) -> None:
        """Set `store` at the classes `rows` (n,) that this rank owns; where one is repeated, so must be its value."""
        if ranks.count() > 1:
            mine = (rows >= self.own.start) & (rows < self.own.stop)
            rows, values = rows[mine] - self.own.start, values[mine]
        store[rows] = values

    def current(self) -> Tensor:
        """(C, D) centres of all ranks, with every row brought up to date."""
        if self.idle is not None:
            self.idle.catch_up(slice(None), self.weight, self.velocity)
        return ranks.gather(self.weight)

    def count_step(self, step: Step) -> None:
        """Called once all compared rows have moved."""
        if self.idle is not None:
            moved = slice(None) if step.rows is None else step.rows
            self.idle.advance(moved, step.lr, self.momentum, self.weight_decay)
            self.idle.catch_up(self.idle.due(), self.weight, self.velocity)

    def descend(self, weight: Tensor, velocity: Tensor, unit: Tensor, length: Tensor, along: Tensor, lr: float) -> None:
        """One SGD step of n rows, in place: `along` (n, D) is the gradient with respect to `unit` = weight / length,
        whose part along `unit` does not reach the weight. Overwrites `unit`."""
        radial = unit.mul_(along).sum(1, keepdim=True).div_(length)
        velocity.mul_(self.momentum).addcdiv_(along, length)
        velocity.addcmul_(weight, self.weight_decay - radial.div_(length))
        weight.add_(velocity, alpha=-lr)


class _Compare(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, embeddings: Tensor, parameter: Tensor | None, centres: Centres, step: Step
    ) -> tuple[Tensor, Tensor]:
        e = widened(embeddings)
        query, work, targets = step.negatives.query(e, step.scale), Workspace(e, step.number), OwnColumns(step.targets)
        lengths = []
        for part in work.parts:
            weight = work.take("weight", centres.weight, step.rows, part)
            lengths.append(vector_norm(weight, dim=1, keepdim=True).clamp_min_(1e-12))
            logits = work.logits(query, work.unit(weight, lengths[-1]))
            targets.put(logits, part, -torch.inf)
            step.negatives.add(logits)
        value = step.negatives.value()
        own = centres.weight[step.own].to(e.dtype)
        cosine = (e * (own / vector_norm(own, dim=1, keepdim=True).clamp_min(1e-12))).sum(1)
        cosine = ranks.total(cosine.masked_fill(step.targets < 0, 0))
        ctx.save_for_backward(embeddings, value)
        ctx.centres, ctx.step, ctx.targets, ctx.lengths = centres, step, targets, lengths
        return value, cosine

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, value_gradient: Tensor, cosine_gradient: Tensor) -> tuple[Tensor | None, ...]:
        embeddings, value = ctx.saved_tensors
        centres, step = ctx.centres, ctx.step
        e = embeddings.to(value.dtype)
        query, work = step.negatives.query(e, step.scale), Workspace(e, step.number)
        gradient = torch.zeros_like(e)
        for part, length in zip(work.parts, ctx.lengths, strict=True):
            weight = work.take("weight", centres.weight, step.rows, part)
            velocity = work.take("velocity", centres.velocity, step.rows, part)
            unit = work.unit(weight, length)
            logits = work.logits(query, unit)
            ctx.targets.put(logits, part, -torch.inf)
            slope = step.negatives.slope(logits, value, value_gradient, step.scale)
            ctx.targets.put(slope, part, cosine_gradient)  # now d loss / d cosine of every pair
            gradient.addmm_(slope, unit)
            along = torch.mm(slope.T, e, out=work.buffer("along", *unit.shape)).to(weight.dtype)
            centres.descend(weight, velocity, unit, length, along, step.lr)
            if step.rows is not None:
                put_rows(centres.weight, step.rows[part], weight)
                put_rows(centres.velocity, step.rows[part], velocity)
        centres.count_step(step)
        return gradient.to(embeddings.dtype), step.negatives.parameter_gradient(), None, None


def _initial(own: range, dim: int, std: float, seed: int) -> Tensor:
    """The classes `own` of a (C, D) normal start that depends neither on how many ranks share it nor on the threads."""
    weight = torch.empty(len(own), dim)

    def fill(start: int) -> None:
        block = torch.randn(BLOCK, dim, generator=stream(seed, start // BLOCK)).mul_(std)
        first, last = max(start, own.start), min(start + BLOCK, own.stop)
        weight[first - own.start : last - own.start] = block[first - start : last - start]

    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        for _ in threads.map(fill, range(own.start // BLOCK * BLOCK, own.stop, BLOCK)):
            pass
    return weight
