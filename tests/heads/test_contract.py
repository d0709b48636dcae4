"""What every head must do. Runs over all files in heads/, so a new head needs no new test."""

import ast
import copy
import inspect

import pytest
import torch
from torch.nn.functional import normalize

import heads
from heads._base import Batch, Encoder, Head
from workflow.training.encoder import Network

C, D, B = 40, 8, 12


def make(name: str) -> Head:
    torch.manual_seed(0)
    options = {"ratio": 1.0} if "ratio" in heads.options(name) else {}
    return heads.load(name)(C, D, **options)


def batch_for(head: Head, step: int, labels: torch.Tensor | None = None) -> Batch:
    """A batch of the kind the head asks for, on random embeddings."""
    generator = torch.Generator().manual_seed(step)
    views = 1 if head.batches in ("instances", "groups") else 2
    if labels is None:
        labels = torch.randint(C, (B // 2,), generator=generator).repeat_interleave(2)
    return Batch(tuple(torch.randn(len(labels), D, generator=generator) for _ in range(views)), (labels,) * views)


def backbone() -> torch.nn.Module:
    torch.manual_seed(1)
    return torch.nn.Linear(D, D)


def train(head: Head, net: Network, steps: range) -> list[float]:
    losses = []
    sgd = torch.optim.SGD([*net.backbone.parameters(), *head.parameters()], 0.05)
    for step in steps:
        head.lr = 0.05
        loss = head(net, batch_for(head, step))
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        head.commit()
        net.follow(0.9)
        losses.append(loss.item())
    return losses


@pytest.fixture(params=heads.names())
def head(request) -> Head:
    return make(request.param)


def network(head: Head) -> Network:
    return Network(backbone(), head.momentum is not None)


def test_gradient_reaches_the_backbone_and_none_the_twin(head):
    net = network(head)
    train(head, net, range(3))
    loss = head(net, batch_for(head, 3))
    assert loss.ndim == 0 and torch.isfinite(loss)
    loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.backbone.parameters())
    assert net.twin is None or all(p.grad is None for p in net.twin.parameters())


def test_same_seed_same_losses_bit_for_bit(head):
    runs = []
    for _ in range(2):
        again = copy.deepcopy(head)
        torch.manual_seed(2)
        runs.append(train(again, network(again), range(5)))
    assert runs[0] == runs[1]


def test_a_saved_head_continues_bit_for_bit(head):
    net = network(head)
    torch.manual_seed(2)
    train(head, net, range(4))
    saved, weights, random = copy.deepcopy(head.state_dict()), copy.deepcopy(net.state_dict()), torch.get_rng_state()
    straight = train(head, net, range(4, 8))
    fresh, other = make(head.__module__.removeprefix("heads.")), network(head)
    fresh.load_state_dict(saved)
    other.load_state_dict(weights)
    torch.set_rng_state(random)
    assert train(fresh, other, range(4, 8)) == straight


def test_the_callers_tensors_are_left_alone(head):
    net = network(head)
    batch = batch_for(head, 0)
    before = copy.deepcopy(batch)
    head(net, batch).backward()
    head.commit()
    for mine, theirs in zip((*batch.views, *batch.labels), (*before.views, *before.labels), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("labels", [[3] * 6, [0, 0, 1, 1], [39, 39], list(range(10)), [5, 5, 7, 7, 9, 9, 9]], ids=str)
def test_odd_batches_give_a_finite_loss(head, labels):
    net = network(head)
    train(head, net, range(2))
    loss = head(net, batch_for(head, 5, torch.tensor(labels)))
    loss.backward()
    assert torch.isfinite(loss)


class Extreme(Encoder):
    """All embeddings alike, or opposite to their keys: cosines of exactly 1 and -1."""

    def forward(self, x):
        return normalize(x * 0 + 1, dim=1)

    def momentum(self, x):
        return -self(x).detach()


def test_loss_and_gradient_are_finite_at_cosines_of_one(head):
    for step in range(3):
        batch = batch_for(head, step)
        leaves = tuple(view.requires_grad_() for view in batch.views)
        loss = head(Extreme(), Batch(leaves, batch.labels))
        loss.backward()
        head.commit()
        assert torch.isfinite(loss)
        assert all(leaf.grad is None or torch.isfinite(leaf.grad).all() for leaf in leaves)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.tensor([0, 0, C, C]), "outside 0..39"),
        (torch.tensor([-1, -1, 0, 0]), "outside 0..39"),
        (torch.tensor([0.0, 0.0, 1.0, 1.0]), "torch.int64"),
    ],
)
def test_wrong_labels_are_refused(head, labels, message):
    with pytest.raises(ValueError, match=message):
        head(network(head), batch_for(head, 0, labels))


def test_embeddings_of_a_wrong_dimension_are_refused(head):
    batch = batch_for(head, 0)
    with pytest.raises(ValueError, match=r"embeddings are \(\d+, 3\), expected"):
        head(Encoder(), Batch(tuple(view[:, :3] for view in batch.views), batch.labels))


def test_it_learns_a_toy_problem(head):
    """Classes differ in six coordinates, two more are loud noise: a linear map must learn to silence those."""
    torch.manual_seed(3)
    directions = torch.cat([torch.randn(C, D - 2), torch.zeros(C, 2)], 1)
    noise = torch.tensor([0.2] * (D - 2) + [3.0] * 2)
    net = network(head)

    def photos(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return directions[y] + noise * x

    def rank1() -> float:
        y, generator = torch.arange(C), torch.Generator().manual_seed(4)
        gallery, probes = (net.embed(photos(y, torch.randn(C, D, generator=generator))) for _ in range(2))
        return ((probes @ gallery.T).argmax(1) == y).float().mean().item()

    before = rank1()
    sgd = torch.optim.SGD([*net.backbone.parameters(), *head.parameters()], 0.05, momentum=0.9)
    for step in range(200):
        batch = batch_for(head, step)
        views = tuple(photos(y, x) for x, y in zip(batch.views, batch.labels, strict=True))
        head.lr = 0.05
        sgd.zero_grad()
        head(net, Batch(views, batch.labels)).backward()
        sgd.step()
        head.commit()
        net.follow(0.9)
    assert rank1() > before + 0.2


def test_it_states_its_cost_and_holds_no_more(head):
    name = head.__module__.removeprefix("heads.")
    options = {"ratio": 1.0} if "ratio" in heads.options(name) else {}
    cost = head.cost(B, C, D, **options)
    held = sum(t.numel() * t.element_size() for t in head.state_dict().values())
    assert held <= cost.state_bytes * 1.1 + 64
    assert cost.flops > 0 and cost.moved_bytes > 0 and cost.state_bytes >= 0
    assert 0 <= head.rows_in_loss() <= C


def test_its_file_reads_alone(head):
    source = inspect.getsource(inspect.getmodule(head))
    tree = ast.parse(source)
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    foreign = {
        name for name in imported if name.split(".")[0] not in ("torch", "heads", "typing", "collections", "math")
    }
    assert not foreign, "a head imports torch and the private files of heads/ only"
    assert not {name for name in imported if name.startswith("heads.") and not name.startswith("heads._")}
    assert ast.get_docstring(tree) and ".cuda(" not in source
    assert len(source.splitlines()) <= 200
