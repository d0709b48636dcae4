"""Dense SGD at the price of sparse: rows that no sample touched are caught up in closed form when next needed.

Without a gradient, a step of SGD with momentum mu and weight decay d maps a row's weight and velocity linearly,
(w, v) <- A (w, v) with A = [[1 - lr*d, -lr*mu], [d, mu]], the same 2x2 for every row. So k idle steps are one product
of matrices under any schedule of lr, and a row needs remembering only the step it was last brought up to date.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from heads.kit import ranks
from heads.kit.chunking import chunk_size

WINDOW = 1024
"""steps whose products are kept; every row is caught up at least that often, a few rows a step"""


class Idle(ranks.Sharded):
    """When each of C rows was last up to date, and what has happened to an idle row since."""

    per_class = ("current",)
    current: Tensor
    since: Tensor

    def __init__(self, num_classes: int):
        super().__init__(num_classes)
        self.step = 0
        self.register_buffer("current", torch.zeros(len(self.own), dtype=torch.int32))
        self.register_buffer("since", torch.eye(2, dtype=torch.float64).repeat(WINDOW, 1, 1))

    @torch.no_grad()
    def catch_up(self, rows: Tensor | slice, weight: Tensor, velocity: Tensor) -> None:
        """Bring `rows` (distinct) of `weight` and `velocity` (n, D) to the current step, in place."""
        for part in self._pieces(rows):
            since = self.since[self.current[part].long() % WINDOW].to(weight.dtype)[..., None]  # (n, 2, 2, 1)
            w, v = weight[part], velocity[part]
            moved = torch.addcmul(since[:, 0, 0] * w, since[:, 0, 1], v)  # before w, perhaps a view, is overwritten
            velocity[part] = torch.addcmul(since[:, 1, 0] * w, since[:, 1, 1], v)
            weight[part] = moved
            self._stamp(part)

    def _pieces(self, rows: Tensor | slice) -> Iterator[Tensor | slice]:
        """`rows`, a chunk at a time."""
        size = chunk_size(self.current.device)
        if isinstance(rows, Tensor):
            yield from rows.split(size)
        else:
            start, stop, _ = rows.indices(len(self.current))
            yield from (slice(at, min(at + size, stop)) for at in range(start, stop, size))

    @torch.no_grad()
    def advance(self, touched: Tensor | slice, lr: float, momentum: float, decay: float) -> None:
        """Count one step in which `touched` rows were moved by their gradient and all others idled."""
        w, v = self.since[:, 0], self.since[:, 1]  # both (WINDOW, 2)
        self.since.copy_(torch.stack([(1 - lr * decay) * w - lr * momentum * v, decay * w + momentum * v], 1))
        self.step += 1
        self.since[self.step % WINDOW].fill_(0).fill_diagonal_(1)
        self._stamp(touched)

    def _stamp(self, rows: Tensor | slice) -> None:
        """Note that `rows` are up to date. To assign a number by index would make a GPU's host wait."""
        if isinstance(rows, Tensor):
            self.current.index_fill_(0, rows, self.step)
        else:
            self.current[rows] = self.step

    def due(self) -> slice:
        """The rows to catch up in this step so that none ever falls out of the window."""
        share = -(-2 * len(self.current) // WINDOW)
        turns = -(-len(self.current) // share)
        start = self.step % turns * share
        return slice(start, start + share)

    def get_extra_state(self) -> Tensor:
        return torch.tensor(self.step)

    def set_extra_state(self, state: Tensor) -> None:
        self.step = int(state)


def idle_bytes(classes: int) -> int:
    """Bytes that `Idle` keeps for `classes` rows."""
    return 4 * classes + 32 * WINDOW + 8
