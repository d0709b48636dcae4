"""Dense SGD at the price of sparse: rows that no sample touched are caught up in closed form when next needed.

Without a gradient, a step of SGD with momentum mu and weight decay d maps a row's weight and velocity linearly,
(w, v) <- A (w, v) with A = [[1 - lr*d, -lr*mu], [d, mu]], the same 2x2 for every row. So k idle steps are one product
of matrices, whatever the schedule of lr, and a row needs remembering only the step it was last brought up to date.
"""

import torch
from torch import Tensor, nn

WINDOW = 1024
"""steps whose products are kept; every row is caught up at least that often, a few rows a step"""


class Idle(nn.Module):
    """When each of C rows was last up to date, and what has happened to an idle row since."""

    def __init__(self, rows: int):
        super().__init__()
        self.register_buffer("step", torch.tensor(0))
        self.register_buffer("current", torch.zeros(rows, dtype=torch.int32))
        self.register_buffer("since", torch.eye(2, dtype=torch.float64).repeat(WINDOW, 1, 1))

    @torch.no_grad()
    def catch_up(self, rows: Tensor | slice, weight: Tensor, velocity: Tensor) -> None:
        """Bring `rows` (distinct) of `weight` and `velocity` (C, D) to the current step, in place."""
        since = self.since[self.current[rows].long() % WINDOW].to(weight.dtype)  # (n, 2, 2)
        w, v = weight[rows], velocity[rows]
        moved = since[:, 0, :1] * w + since[:, 0, 1:] * v  # before w, a view if rows is a slice, is overwritten
        velocity[rows] = since[:, 1, :1] * w + since[:, 1, 1:] * v
        weight[rows] = moved
        self.current[rows] = self.step.to(torch.int32)

    @torch.no_grad()
    def advance(self, touched: Tensor, lr: float, momentum: float, decay: float) -> None:
        """Count one step in which `touched` rows were moved by their gradient and all others idled."""
        idle_step = torch.tensor([[1 - lr * decay, -lr * momentum], [decay, momentum]], dtype=torch.float64)
        self.since.copy_(idle_step.to(self.since.device) @ self.since)
        self.step.add_(1)
        self.since[self.step % WINDOW] = torch.eye(2, dtype=torch.float64, device=self.since.device)
        self.current[touched] = self.step.to(torch.int32)

    def due(self) -> slice:
        """The rows to catch up in this step so that none ever falls out of the window."""
        share = -(-2 * len(self.current) // WINDOW)
        turns = -(-len(self.current) // share)
        start = int(self.step) % turns * share
        return slice(start, start + share)
