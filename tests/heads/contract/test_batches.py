"""What a head must take and what it must refuse: odd batches train on, wrong ones change nothing."""

import copy

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from heads.kit.batches import kind_of
from heads.kit.checks import NotFinite
from heads.kit.interface import Batch, Encoder
from tests.heads.contract.subject import (
    C,
    D,
    Given,
    batch_for,
    check_refused,
    check_unchanged,
    network,
    state_of,
    train,
    unit_batch,
)


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
        gradients = [p.grad for p in net.backbone.parameters()]
        assert torch.isfinite(loss), f"loss {loss.item()} in step {step}: mind empty means and exp of large numbers"
        assert all(torch.isfinite(g).all() for g in gradients), f"the gradient of step {step} is not finite"
    wrong = [name for name, value in state_of(head).items() if value.is_floating_point() and not value.isfinite().all()]
    assert not wrong, f"{', '.join(wrong)} hold NaN or infinity after batches of labels {labels}"


class Extreme(Encoder):
    """All embeddings alike, or opposite to their keys: cosines of exactly 1 and -1."""

    def forward(self, x: Tensor) -> Tensor:
        return normalize(x * 0 + 1, dim=1)

    def features(self, x: Tensor) -> Tensor:
        return self(x)

    def momentum(self, x: Tensor) -> Tensor:
        return -self(x).detach()


def test_loss_and_gradient_are_finite_at_cosines_of_one(head):
    for step in range(3):
        batch = batch_for(head, step)
        leaves = tuple(view.requires_grad_() for view in batch.views)
        loss = head(Extreme(), Batch(leaves, batch.labels))
        loss.backward()
        head.commit()
        assert torch.isfinite(loss), f"loss {loss.item()} at cosines of 1 and -1: no logarithm or acos may end there"
        finite = all(leaf.grad is None or torch.isfinite(leaf.grad).all() for leaf in leaves)
        assert finite, "the gradient at cosines of 1 and -1 is not finite: clamp what acos or sqrt is given"


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


def test_labels_in_a_column_are_refused(head):
    """Some loaders deliver them so; they would broadcast against the batch."""
    views, labels = batch_for(head, 5)
    check_refused(head, Batch(views, tuple(y[:, None] for y in labels)), r"labels are \(12, 1\), expected")


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
    if kind_of(head.batches).pairs == "all":
        check_refused(head, unlike, "labels differ: this head wants pairs")
        check_refused(head, shorter, "12 and 10 images: this head wants pairs")
    else:
        assert torch.isfinite(head(Encoder(), unlike)), "views of other classes are what it asks for"


def test_embeddings_of_a_wrong_dimension_are_refused_and_change_nothing(head):
    views, labels = batch_for(head, 0)
    check_refused(head, Batch(tuple(view[:, :3] for view in views), labels), r"embeddings are \(12, 3\), expected")


class Poisoned(Given):
    """One number of one view's embeddings is wrong; `asked` says whether that view was asked for with a gradient."""

    def __init__(self, poison: float, view: Tensor):
        super().__init__()
        self.poison, self.view, self.asked = poison, view, False

    def features(self, x: Tensor) -> Tensor:
        self.asked |= x is self.view
        return self.spoilt(x)

    def momentum(self, x: Tensor) -> Tensor:
        return self.spoilt(x).detach()

    def spoilt(self, x: Tensor) -> Tensor:
        return x.index_fill(1, torch.tensor([D - 1]), self.poison) if x is self.view else x


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("view", [0, 1])
def test_embeddings_that_are_no_numbers_are_refused_before_anything_changes(head, view, poison):
    """Of keys, which carry no gradient, the loss may tell instead: the trainer commits nothing then."""
    if view >= kind_of(head.batches).views:
        view = 0
    train(head, network(head), range(2))
    batch, before = unit_batch(batch_for(head, 5)), state_of(head)
    encode = Poisoned(poison, batch.views[view])
    try:
        loss = head(encode, batch)
    except NotFinite as error:
        assert "embeddings hold NaN or infinity" in str(error)
    else:
        assert not encode.asked, f"embeddings of {poison} were not refused: call check_batch as soon as they are there"
        assert not torch.isfinite(loss), f"keys of {poison} were neither refused nor seen in the loss"
    check_unchanged(head, before, f"by embeddings of {poison}: check them before they are kept")


def test_the_callers_tensors_are_left_alone(head):
    for encode in (Encoder, Given):
        for step in range(3):
            batch = unit_batch(batch_for(head, step))
            before = copy.deepcopy(batch)
            head.lr = 0.05
            head(encode(), batch).backward()
            head.commit()
            for name, mine, theirs in (("views", batch.views, before.views), ("labels", batch.labels, before.labels)):
                same = all(torch.equal(one, other) for one, other in zip(mine, theirs, strict=True))
                assert same, f"the head changed the caller's {name} in place: clone them first"
