"""negative_lse and Centres against plain cross-entropy in float64."""

import math

import pytest
import torch
from torch.nn.functional import normalize

import heads.kit.chunking
from heads.kit import hide_columns, hide_labels, negative_lse
from heads.kit.centres import Centres
from heads.kit.chunking import put_rows
from heads.kit.lse import STEADY
from heads.kit.margins import margin_loss
from tests.heads.naive import margin_softmax

B, D, N = 7, 5, 23


def unit(*shape: int) -> torch.Tensor:
    return normalize(torch.randn(*shape, dtype=torch.float64), dim=-1)


@pytest.mark.parametrize("chunk", [1, 4, 22, 23, 100])
@pytest.mark.parametrize("scale", [1.0, 64.0, 300.0])
def test_lse_and_gradient_equal_logsumexp_for_any_chunk(chunk, scale):
    torch.manual_seed(0)
    e, pool, y = unit(B, D).requires_grad_(), unit(N, D), torch.randint(N, (B,))
    got = negative_lse(e, pool, hide_columns(y), scale, chunk=chunk)
    plain = (scale * e @ pool.T).scatter(1, y[:, None], -torch.inf).logsumexp(1)
    torch.testing.assert_close(got, plain, atol=1e-12, rtol=0)
    weights = torch.rand(B, dtype=torch.float64)
    (fast,) = torch.autograd.grad((got * weights).sum(), e)
    (slow,) = torch.autograd.grad((plain * weights).sum(), e)
    torch.testing.assert_close(fast, slow, atol=1e-11, rtol=0)


def test_hide_labels_hides_every_duplicate():
    torch.manual_seed(1)
    e, pool = unit(B, D), unit(N, D)
    y, stored = torch.randint(4, (B,)), torch.randint(4, (N,))
    plain = (e @ pool.T).masked_fill(y[:, None] == stored, -torch.inf).logsumexp(1)
    torch.testing.assert_close(negative_lse(e, pool, hide_labels(y, stored), 1.0, chunk=6), plain)


@pytest.mark.parametrize("pool_size", [0, 1, 9])
def test_everything_hidden_costs_nothing(pool_size):
    e = unit(B, D).requires_grad_()
    stored = torch.zeros(pool_size, dtype=torch.int64)
    lse = negative_lse(e, unit(pool_size, D), hide_labels(torch.zeros(B, dtype=torch.int64), stored), 64.0, chunk=4)
    loss = margin_loss(lse, torch.zeros(B, dtype=torch.float64), 64.0).sum()
    loss.backward()
    assert loss == 0 and torch.equal(e.grad, torch.zeros_like(e))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_accumulates_in_float32(dtype):
    torch.manual_seed(2)
    e, pool, y = unit(B, 64), unit(500, 64), torch.randint(500, (B,))
    exact = negative_lse(e, pool, hide_columns(y), 64.0)
    rounded = negative_lse(e.to(dtype), pool.to(dtype), hide_columns(y), 64.0)
    reference = negative_lse(e.to(dtype).double(), pool.to(dtype).double(), hide_columns(y), 64.0)
    assert rounded.dtype == torch.float32
    assert (rounded - reference).abs().max() < 1e-4 < (exact - reference).abs().max()


@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_loss_survives_a_dominant_target_at_scale_64(margin):
    """cos = 1 to the own class and -1 to the others: the loss is exactly log(1 + n exp(-s(2-m)))."""
    e = torch.zeros(1, D, dtype=torch.float64)
    e[0, 0] = 1.0
    lse = negative_lse(e, -e.expand(3, D), hide_columns(torch.tensor([-1])), 64.0)
    loss = margin_loss(lse, e[:, 0] - margin, 64.0)
    expected = torch.log1p(3 * torch.exp(torch.tensor([-64.0 * (2 - margin)], dtype=torch.float64)))
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    assert loss > 0


@pytest.mark.parametrize("cosine", [-1.0, 0.3, 1.0])
@pytest.mark.parametrize("scale", [12.0, 64.0, STEADY, 67.0, 200.0])
def test_float32_holds_every_cosine_at_every_scale(scale, cosine):
    """Ten thousand vectors, all at one cosine: the log-sum-exp is scale * cosine + log(10^4)."""
    e = torch.zeros(1, 2)
    e[0, 0] = 1.0
    pool = torch.tensor([[cosine, math.sqrt(1 - cosine**2)]]).expand(10_000, 2)
    e.requires_grad_()
    lse = negative_lse(e, pool, hide_columns(torch.tensor([-1])), scale)
    (gradient,) = torch.autograd.grad(lse.sum(), e)
    torch.testing.assert_close(lse, torch.tensor([scale * cosine + math.log(10_000)]), rtol=2e-6, atol=1e-5)
    torch.testing.assert_close(gradient, scale * pool[:1], rtol=3e-4, atol=1e-5)


@pytest.mark.parametrize("scale", [64.0, 200.0])
def test_centres_in_float32_move_as_in_float64(scale):
    """At either side of STEADY, hard and easy samples alike."""
    y, e = torch.tensor([0, 1, 2]), normalize(torch.tensor([[1.0, 0.1], [-1.0, 0.02], [0.6, -0.8]]), dim=1)
    weights = {}
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(5)
        centres = Centres(9, 2).to(dtype)
        centres.weight.copy_(normalize(torch.linspace(-1, 1, 18, dtype=torch.float64).view(9, 2), dim=1))
        x = e.to(dtype, copy=True).requires_grad_()
        lse, cosine = centres.compare(x, y, scale, 0.1)
        margin_loss(lse, cosine - 0.3, scale).mean().backward()
        weights[dtype] = centres.weight.double(), x.grad.double()
    for single, double in zip(*weights.values(), strict=True):
        torch.testing.assert_close(single, double, rtol=5e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_put_rows_sets_those_rows_and_no_others(dtype):
    store, rows = torch.randn(50, 3).to(dtype), torch.tensor([0, 7, 8, 49])
    values, before = torch.randn(4, 3).to(dtype), store.clone()
    put_rows(store, rows, values)
    assert torch.equal(store, before.index_copy(0, rows, values))


def sgd_steps(classes: int, rows_of_step, steps: int = 6, momentum: float = 0.9, decay: float = 5e-4):
    """The same training steps by Centres and by autograd with torch.optim.SGD; returns both weights and e-gradients."""
    torch.manual_seed(3)
    bank = Centres(classes, D, momentum, decay).double()
    weight = bank.weight.clone().requires_grad_()
    sgd = torch.optim.SGD([weight], lr=0.0, momentum=momentum, weight_decay=decay)
    gradients = []
    for step in range(steps):
        raw, y, lr = torch.randn(B, D, dtype=torch.float64), torch.randint(classes, (B,)), 0.1 * (step + 1)
        e1, e2 = (normalize(raw, dim=1).requires_grad_() for _ in range(2))
        rows = rows_of_step(y)
        targets = y if rows is None else torch.searchsorted(rows, y)
        lse, cosine = bank.compare(e1, y, 32.0, lr, rows)
        margin_loss(lse, cosine - 0.3, 32.0).mean().backward()
        sgd.param_groups[0]["lr"] = lr
        sgd.zero_grad()
        margin_softmax(e2, weight if rows is None else weight[rows], targets, 0.3, 32.0).backward()
        sgd.step()
        gradients.append((e1.grad, e2.grad))
    return bank.weight, weight.detach(), gradients


def test_centres_equal_autograd_and_sgd_over_all_rows(monkeypatch):
    monkeypatch.setattr(heads.kit.chunking, "CHUNK_CPU", 4)
    fast, slow, gradients = sgd_steps(11, lambda y: None)
    torch.testing.assert_close(fast, slow, atol=1e-12, rtol=0)
    for a, b in gradients:
        torch.testing.assert_close(a, b, atol=1e-12, rtol=0)


def test_sampled_rows_rest_when_not_sampled():
    torch.manual_seed(4)
    bank = Centres(9, D).double()
    before, rows = bank.weight.clone(), torch.tensor([1, 4, 8])
    e = unit(2, D).requires_grad_()
    lse, cosine = bank.compare(e, torch.tensor([1, 8]), 32.0, 0.1, rows)
    margin_loss(lse, cosine, 32.0).mean().backward()
    moved = (bank.weight != before).any(1)
    assert moved.nonzero().squeeze(1).tolist() == [1, 4, 8]
    assert (bank.velocity[[0, 2, 3, 5, 6, 7]] == 0).all()


def test_one_class_alone_has_no_loss():
    bank = Centres(1, D).double()
    e = unit(3, D).requires_grad_()
    lse, cosine = bank.compare(e, torch.zeros(3, dtype=torch.int64), 64.0, 0.1)
    margin_loss(lse, cosine, 64.0).mean().backward()
    assert torch.isfinite(e.grad).all() and torch.isfinite(bank.weight).all()
