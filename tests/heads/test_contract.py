"""What every head must do. Runs over all files in heads/, so a new head needs no new test."""

import ast
import copy
import inspect

import pytest
import torch
from torch.nn.functional import normalize

import heads
from heads.kit.checks import NotFinite
from heads.kit.interface import Batch, Cost, Encoder, Head
from tests.heads.cases import VARIANTS, Case, usual, views_of
from tests.heads.peak import left_bytes, peak_bytes
from workflow.measuring.synthetic import labels_for
from workflow.training.encoder import Network

C, D, B = 40, 8, 12
LARGE, WIDE, FEW = 20_000, 64, 32
"""classes, dimension and batch at which (B, C) logits or a (C, D) gradient are larger than all else together"""


def make(name: str, **options) -> Head:
    torch.manual_seed(0)
    return heads.load(name)(C, D, **usual(name), **options)


def name_of(head: Head) -> str:
    return head.__module__.removeprefix("heads.")


def state_of(head: Head) -> dict[str, torch.Tensor]:
    return copy.deepcopy(head.state_dict())


def same(state: dict, other: dict) -> bool:
    """Whether two state_dicts are equal bit for bit."""
    return state.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in state.items())


def batch_for(head: Head, step: int, labels: torch.Tensor | None = None) -> Batch:
    """A batch of the kind the head asks for, on random embeddings."""
    generator = torch.Generator().manual_seed(step)
    views = views_of(head.batches)
    if labels is None:
        labels = torch.randint(C, (B // 2,), generator=generator).repeat_interleave(2)
    inputs = tuple(torch.randn(len(labels), D, generator=generator) for _ in range(views))
    return Batch(inputs, tuple(labels.clone() for _ in range(views)))


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
        again = make(name_of(head))
        torch.manual_seed(2)
        runs.append(train(again, network(again), range(5)))
    assert runs[0] == runs[1]


def test_a_saved_head_continues_bit_for_bit(head):
    net = network(head)
    torch.manual_seed(2)
    train(head, net, range(4))
    saved, weights, random = copy.deepcopy(head.state_dict()), copy.deepcopy(net.state_dict()), torch.get_rng_state()
    straight = train(head, net, range(4, 8))
    fresh, other = make(name_of(head)), network(head)
    fresh.load_state_dict(saved)
    other.load_state_dict(weights)
    torch.set_rng_state(random)
    assert train(fresh, other, range(4, 8)) == straight


class Given(Encoder):
    """The inputs are the embeddings; what a head does to them in place, it does to the caller's tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.images = self.twin_images = 0

    def forward(self, x):
        self.images += len(x)
        return x.view_as(x)

    def momentum(self, x):
        self.twin_images += len(x)
        return x.detach()


def unit_batch(batch: Batch) -> Batch:
    """`batch` with unit rows as leaves: the embeddings themselves."""
    return Batch(tuple(normalize(x, dim=1).requires_grad_() for x in batch.views), batch.labels)


@pytest.mark.parametrize("encode", [Encoder, Given])
def test_the_callers_tensors_are_left_alone(head, encode):
    for step in range(3):
        batch = unit_batch(batch_for(head, step))
        before = copy.deepcopy(batch)
        head.lr = 0.05
        head(encode(), batch).backward()
        head.commit()
        for mine, theirs in zip((*batch.views, *batch.labels), (*before.views, *before.labels), strict=True):
            assert torch.equal(mine, theirs)


def test_what_it_keeps_is_its_own(head):
    """A caller may reuse the memory of a batch that was committed."""
    batch = unit_batch(batch_for(head, 0))
    head(Given(), batch).backward()
    head.commit()
    before = state_of(head)
    for tensor in (*batch.views, *batch.labels):
        tensor.detach().fill_(0)
    assert same(state_of(head), before)


@pytest.mark.parametrize(
    "labels",
    [[7], [7, 7], [3] * 6, [0, 0, 1, 1], [39, 39], list(range(10)), [5, 5, 7, 7, 9, 9, 9], list(range(30, 40))],
    ids=str,
)
def test_odd_batches_give_a_finite_loss_and_training_goes_on(head, labels):
    net = network(head)
    seen = batch_for(head, 0).labels[0] % 30  # so that 30 and above are new
    for step in range(3):
        y = torch.tensor(labels) if step == 1 else seen
        loss = head(net, batch_for(head, step, y))
        net.backbone.zero_grad()
        loss.backward()
        head.commit()
        assert torch.isfinite(loss) and all(torch.isfinite(p.grad).all() for p in net.backbone.parameters())
    assert all(torch.isfinite(value).all() for value in head.state_dict().values() if value.is_floating_point())


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
        (torch.tensor([0.0, 0.0, 1.0, 1.0]), "torch.float32, expected torch.int64"),
        (torch.tensor([0, 0, 1, 1], dtype=torch.int32), "torch.int32, expected torch.int64"),
        (torch.tensor([True, True, False, False]), "torch.bool, expected torch.int64"),
    ],
    ids=str,
)
def test_wrong_labels_are_refused_and_change_nothing(head, labels, message):
    train(head, network(head), range(2))
    check_refused(head, batch_for(head, 5, labels), message)


def check_refused(head: Head, batch: Batch, message: str) -> None:
    """ValueError with the `message`, and nothing changed that a commit could make last."""
    before = state_of(head)
    with pytest.raises(ValueError, match=message):
        head(Encoder(), batch)
    assert same(state_of(head), before)
    head.commit()
    assert same(state_of(head), before), "there was nothing to commit"


def test_labels_in_a_column_are_refused(head):
    """Some loaders deliver them so; they would broadcast against the batch."""
    views, labels = batch_for(head, 5)
    check_refused(head, Batch(views, tuple(y[:, None] for y in labels)), r"labels are \(12, 1\), expected")


@pytest.fixture(params=[name for name in heads.names() if views_of(heads.load(name).batches) == 2])
def head_of_two_views(request) -> Head:
    return make(request.param)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x, y: (x, y + C), "outside 0..39"),
        (lambda x, y: (x, y.float()), "torch.float32, expected torch.int64"),
        (lambda x, y: (x, y[:, None]), r"labels are \(12, 1\), expected"),
        (lambda x, y: (x[:, :3], y), r"embeddings are \(12, 3\), expected"),
        (lambda x, y: (x[:-1], y), r"embeddings are \(11, 8\), expected"),
    ],
    ids=["range", "type", "column", "dimension", "rows"],
)
def test_a_wrong_second_view_is_refused_and_changes_nothing(head_of_two_views, spoil, message):
    head = head_of_two_views
    train(head, network(head), range(2))
    (x, other), (y, others) = batch_for(head, 5)
    other, others = spoil(other, others)
    check_refused(head, Batch((x, other), (y, others)), message)


def test_views_of_other_classes_are_no_pairs(head_of_two_views):
    head = head_of_two_views
    (x, other), (y, others) = batch_for(head, 5)
    unlike, shorter = Batch((x, other), (y, others.roll(3))), Batch((x, other[:-2]), (y, others[:-2]))
    if head.batches in ("pairs", "half pairs"):
        check_refused(head, unlike, "labels differ: this head wants pairs")
        check_refused(head, shorter, "12 and 10 images: this head wants pairs")
    else:
        assert torch.isfinite(head(Encoder(), unlike))


def test_embeddings_of_a_wrong_dimension_are_refused_and_change_nothing(head):
    views, labels = batch_for(head, 0)
    check_refused(head, Batch(tuple(view[:, :3] for view in views), labels), r"embeddings are \(12, 3\), expected")


class Poisoned(Given):
    """One number of one view's embeddings is wrong; `told` says whether that view was asked for a gradient."""

    def __init__(self, poison: float, view: torch.Tensor):
        super().__init__()
        self.poison, self.view, self.told = poison, view, False

    def forward(self, x):
        self.told |= x is self.view
        return self.spoilt(x)

    def momentum(self, x):
        return self.spoilt(x).detach()

    def spoilt(self, x):
        return x.index_fill(1, torch.tensor([D - 1]), self.poison) if x is self.view else x


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("view", [0, 1])
def test_embeddings_that_are_no_numbers_are_refused_before_anything_changes(head, view, poison):
    """Of keys, which carry no gradient, the loss may tell instead: the trainer commits nothing then."""
    if view >= views_of(head.batches):
        view = 0
    train(head, network(head), range(2))
    batch, before = unit_batch(batch_for(head, 5)), state_of(head)
    encode = Poisoned(poison, batch.views[view])
    try:
        loss = head(encode, batch)
    except NotFinite as error:
        assert "embeddings hold NaN or infinity" in str(error)
    else:
        assert not encode.told and not torch.isfinite(loss)
    assert same(state_of(head), before)


class Rounded(Encoder):
    """Unit embeddings rounded to bfloat16, and handed over as `dtype`."""

    def __init__(self, dtype: torch.dtype):
        super().__init__()
        self.dtype = dtype

    def forward(self, x):
        return super().forward(x).bfloat16().to(self.dtype)


def test_half_precision_costs_little_more_than_rounding_the_embeddings(head):
    """Products of rounded numbers may be rounded once more, but sums and exponentials must not be."""
    losses = []
    for encode in (Encoder(), Rounded(torch.float32), Rounded(torch.bfloat16)):
        again, told = copy.deepcopy(head), []
        for step in range(10):
            batch = unit_batch(batch_for(head, step))
            again.lr = 0.05
            loss = again(encode, batch)
            loss.backward()
            again.commit()
            told.append(loss.detach().double())
            assert torch.isfinite(loss) and all(x.grad is None or x.grad.isfinite().all() for x in batch.views)
        losses.append(torch.stack(told))
    exact, naive, fast = losses
    assert (fast - exact).abs().mean() <= 4 * (naive - exact).abs().mean() + 1e-4


def test_it_learns_a_toy_problem(head):
    """Classes differ in six coordinates, two more are loud noise: a linear map must learn to silence those.

    In so few dimensions a scale made for hundreds is too steep.
    """
    told = inspect.signature(type(head)).parameters
    head = make(name_of(head), **({"scale": min(16.0, told["scale"].default)} if "scale" in told else {}))
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
    head.lr = 0.02
    sgd = torch.optim.SGD([*net.backbone.parameters(), *head.parameters()], head.lr, momentum=0.9)
    for step in range(200):
        batch = batch_for(head, step)
        views = tuple(photos(y, x) for x, y in zip(batch.views, batch.labels, strict=True))
        sgd.zero_grad()
        head(net, Batch(views, batch.labels)).backward()
        torch.nn.utils.clip_grad_norm_(net.backbone.parameters(), 5)  # as the trainer does by default
        sgd.step()
        head.commit()
        net.follow(0.9)
    assert rank1() > before + 0.3


def test_it_states_what_a_step_costs_about_rightly(head):
    """At least a product of the batch with what it is compared with, each read once; at most a few dozen of them."""
    cost, rows = head.cost(B, C, D, **usual(name_of(head))), head.rows_in_loss()
    assert 0 <= rows <= C
    assert max(1, 2 * B * rows * D) <= cost.flops <= 50 * B * (rows + B) * D
    assert max(1, 4 * rows * D) <= cost.moved_bytes <= 50 * (rows + B) * D


def test_it_keeps_what_it_states(large):
    """Whatever the constructor allocates and does not give back counts: buffers, saved or not, and plain tensors."""
    head, *_, built, cost = large
    saved = sum(t.numel() * t.element_size() for t in head.state_dict().values() if isinstance(t, torch.Tensor))
    assert max(saved, built) <= cost.state_bytes * 1.1 + 2**10
    assert cost.state_bytes <= 1.1 * max(saved, built) + 2**10, "it keeps less than it states"


def measured(head: Head, encode: Encoder) -> int:
    """Bytes of temporaries that a step of `head` held at most, in three on FEW embeddings."""
    torch.manual_seed(5)
    told = []
    for _ in range(3):
        labels = labels_for(head.batches, FEW, lambda number: torch.randint(LARGE, (number,)))
        batch = unit_batch(Batch(tuple(torch.randn(len(y), WIDE) for y in labels), labels))
        for x in batch.views:
            x.grad = torch.zeros_like(x)

        def step(batch: Batch = batch) -> None:
            head(encode, batch).backward()
            head.commit()

        told.append(peak_bytes(step))
    return max(told)


@pytest.fixture(params=heads.names())
def large(request) -> tuple[Head, Given, int, int, Cost]:
    """A head with very many classes, the encoder it was given, what its steps held at most, what its constructor left
    allocated and what it states."""
    case = Case(request.param, {**VARIANTS.get(request.param, [{}])[0], **usual(request.param)})
    made = []
    built = left_bytes(lambda: made.append(case.head(LARGE, WIDE)))
    head, encode = made.pop(), Given()
    head.lr = 0.1
    held = measured(head, encode)
    return head, encode, held, built, head.cost(FEW, LARGE, WIDE, **case.options)


def test_a_step_holds_what_it_states_and_asks_the_twin_for_as_many_images(large):
    head, encode, held, _, cost = large
    assert held <= 1.1 * cost.working_bytes + 2**14
    assert cost.working_bytes <= 3 * held + 2**14, "stated so generously, it says nothing"
    assert encode.images == 3 * FEW, "`batch` images carry a gradient"
    assert encode.twin_images == 3 * cost.twin_images
    assert (cost.twin_images > 0) == (head.momentum is not None)


def test_the_meter_sees_logits_and_the_gradient_of_all_classes():
    """What it is there to find; the operators' own temporaries count too."""
    e, weight = torch.randn(FEW, WIDE), torch.randn(LARGE, WIDE, requires_grad=True)
    logits = peak_bytes(lambda: (e @ weight.T).logsumexp(1).sum())
    assert logits >= 4 * FEW * LARGE > 1.1 * heads.load("fc").cost(FEW, LARGE, WIDE).working_bytes + 2**14
    assert peak_bytes(lambda: (e @ weight.T).logsumexp(1).sum().backward()) >= 4 * LARGE * (FEW + WIDE)


def test_its_file_reads_alone(head):
    source = inspect.getsource(inspect.getmodule(head))
    tree = ast.parse(source)
    imported = {
        alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    foreign = {
        name for name in imported if name.split(".")[0] not in ("torch", "heads", "typing", "collections", "math")
    }
    assert not foreign, "a head imports torch and the private files of heads/ only"
    assert not {name for name in imported if name.startswith("heads.") and not name.startswith("heads._")}
    assert ast.get_docstring(tree) and type(head).__doc__ and ".cuda(" not in source
    assert len(source.splitlines()) <= 200
