"""What does not belong in a sample's denominator: columns of the pool that are hidden inside the pass.

A hide function is called with the logits of one chunk of the pool, in place, before anything is summed.
"""

from bisect import bisect_left
from collections.abc import Callable

import torch
from torch import Tensor

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
        here = inside(listed, part)
        if here.start == here.stop:
            return
        columns = concerned[here]
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
        if here.start < here.stop:
            rows = self.order[here]
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
    groups = [_hide_where(columns) for columns in hidden]

    def both(logits: Tensor, part: slice) -> None:
        hide(logits, part)
        for rows, hide_group in zip(logits.split(lengths), groups, strict=True):
            hide_group(rows, part)

    return both


def _hide_where(hidden: Tensor) -> Hide:
    """Hide the columns where `hidden` (n,) bool is set: one by one where they can be listed without waiting."""
    if hidden.device.type == "cpu":
        columns = hidden.nonzero().squeeze(1)
        listed = columns.tolist()

        def hide(logits: Tensor, part: slice) -> None:
            here = inside(listed, part)
            if here.start < here.stop:
                logits.index_fill_(1, columns[here] - part.start, -torch.inf)

        return hide

    penalty = torch.zeros(len(hidden), device=hidden.device).masked_fill_(hidden, -torch.inf)

    def add(logits: Tensor, part: slice) -> None:
        logits.add_(penalty[None, part])

    return add


def mask(places: Tensor, size: int) -> Tensor:
    """(size,) bool that is set at `places` (k,) int64."""
    return torch.zeros(size, dtype=torch.bool, device=places.device).index_fill_(0, places, True)
