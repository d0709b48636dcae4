"""Row-sparse SGD in closed form equals dense SGD over every row, schedule included."""

import pytest
import torch
from torch.nn.functional import normalize

import heads
import heads.kit.idle
from heads.kit.interface import Batch, Encoder
from tests.heads.naive import margin_softmax

C, D, B = 50, 6, 4


@pytest.mark.parametrize("window", [8, 1024])
@pytest.mark.parametrize("steps", [400])
def test_dense_partial_fc_equals_sgd_over_all_rows(window, steps, monkeypatch):
    monkeypatch.setattr(heads.kit.idle, "WINDOW", window)
    torch.manual_seed(0)
    head = heads.load("partial_fc")(C, D, ratio=0.1, m=0.3, scale=16.0, update="dense").double()
    head.bank.idle.since.data = head.bank.idle.since.double()
    weight = head.bank.weight.clone().requires_grad_()
    sgd = torch.optim.SGD([weight], lr=0.1, momentum=0.9, weight_decay=5e-4)
    for step in range(steps):
        lr = 0.2 * (1 - step / steps) + 0.01
        x, y = torch.randn(B, D, dtype=torch.float64).requires_grad_(), torch.randint(C, (B,))
        rows = head.sample(y)
        head.dice.thrown -= 1
        head.lr = sgd.param_groups[0]["lr"] = lr
        head(Encoder(), Batch((x,), (y,))).backward()
        sgd.zero_grad()
        margin_softmax(normalize(x.detach(), dim=1), weight[rows], torch.searchsorted(rows, y), 0.3, 16.0).backward()
        sgd.step()
    torch.testing.assert_close(head.centres(), weight.detach(), atol=1e-10, rtol=0)
    torch.testing.assert_close(head.bank.velocity, sgd.state[weight]["momentum_buffer"], atol=1e-10, rtol=0)


def test_every_row_is_caught_up_within_the_window(monkeypatch):
    monkeypatch.setattr(heads.kit.idle, "WINDOW", 16)
    idle = heads.kit.idle.Idle(101)
    weight, velocity = torch.ones(101, 2), torch.ones(101, 2)
    for _ in range(300):
        idle.catch_up(torch.tensor([3]), weight, velocity)
        idle.advance(torch.tensor([3]), 0.1, 0.9, 1e-3)
        idle.catch_up(idle.due(), weight, velocity)
        assert (idle.step - idle.current).max() < 16


def test_sampled_update_leaves_the_others_and_dense_moves_them():
    for update, moves in (("sampled", False), ("dense", True)):
        torch.manual_seed(1)
        head = heads.load("partial_fc")(C, D, ratio=0.1, update=update)
        head.lr = 0.1
        y = torch.tensor([0, 1, 2, 3, 4])  # all of the sample: rows 5.. are never touched
        before = head.bank.weight.clone()
        head(Encoder(), Batch((torch.randn(5, D).requires_grad_(),), (y,))).backward()
        assert (not torch.equal(head.centres()[5:], before[5:])) == moves


def test_an_unknown_update_is_refused():
    with pytest.raises(ValueError, match="update 'lazy' is not known: choose sampled"):
        heads.load("partial_fc")(C, D, update="lazy")
