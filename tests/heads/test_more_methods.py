"""Virtual FC, semi-siamese training, triplet and N-pair against their papers' formulas in plain torch."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

import heads
from heads.kit import group
from heads.kit.interface import Batch, Encoder
from tests.heads.naive import margin_softmax

C, D = 30, 6


def unit(*shape: int) -> torch.Tensor:
    return normalize(torch.randn(*shape, dtype=torch.float64), dim=-1)


class Twins(Encoder):
    def momentum(self, x):
        return normalize(x.detach().flip(1) + 0.5, dim=1)


def test_triplet_is_the_hardest_pair_of_each_image():
    head = heads.load("triplet")(C, D, gap=0.3)
    e, y = unit(12, D), torch.arange(4).repeat_interleave(3)
    expected = []
    for i in range(12):
        positive = min(float(e[i] @ e[j]) for j in range(12) if y[j] == y[i])
        negative = max(float(e[i] @ e[j]) for j in range(12) if y[j] != y[i])
        expected.append(max(0.0, 0.3 + negative - positive))
    loss = head(Encoder(), Batch((e,), (y,)))
    torch.testing.assert_close(loss, torch.tensor(sum(expected) / 12, dtype=torch.float64))


def test_n_pair_is_a_softmax_over_the_other_classes_of_the_batch():
    head = heads.load("n_pair")(C, D, scale=8.0)
    a, b, y = unit(5, D), unit(5, D), torch.arange(5)
    logits = 8 * a @ b.T
    expected = (cross_entropy(logits, y) + cross_entropy(logits.T, y)) / 2
    torch.testing.assert_close(head(Encoder(), Batch((a, b), (y, y))), expected)


def test_n_pair_hides_its_own_class():
    head = heads.load("n_pair")(C, D, scale=8.0)
    a, b, y = unit(4, D).requires_grad_(), unit(4, D), torch.zeros(4, dtype=torch.int64)
    loss = head(Encoder(), Batch((a, b), (y, y)))
    loss.backward()
    assert loss == 0 and torch.equal(a.grad, torch.zeros_like(a))


def test_semi_siamese_compares_with_the_batch_in_place_of_the_oldest():
    torch.manual_seed(0)
    head, encode = heads.load("semi_siamese")(C, D, ratio=0.5, scale=8.0).double(), Twins()
    drawn = []
    for _ in range(10):
        x1, x2, y = *torch.randn(2, 4, D, dtype=torch.float64), torch.randint(C, (4,))
        expected = 0
        for x, other in ((x1, x2), (x2, x1)):
            p, g = encode(x), encode.momentum(other)
            store, labels = head.queue.vectors.clone(), head.queue.labels.clone()
            where = [(int(head.queue.next) + i) % 15 for i in range(4)]
            store[where], labels[where] = g, y
            negatives = (p @ store.T).masked_fill(y[:, None] == labels, -torch.inf)
            logits = torch.cat([(p * g).sum(1, keepdim=True), negatives], 1)
            expected = expected + cross_entropy(8 * logits, torch.zeros_like(y)) / 2
        torch.testing.assert_close(head(encode, Batch((x1, x2), (y, y))), expected)
        head.commit()
        drawn.append([torch.equal(head.queue.vectors[where], encode.momentum(x)) for x in (x1, x2)].index(True))
    assert set(drawn) == {0, 1}, "one view a batch, not always the same"


def virtual(**options):
    torch.manual_seed(0)
    head = heads.load("virtual_fc")(C, D, margin="cosface", m=0.2, scale=8.0, **options).double()
    head.lr = 0.1
    return head


@pytest.mark.parametrize("estimate", ["mean", "sum"])
def test_virtual_fc_overwrites_the_groups_anchor_with_the_estimate(estimate):
    head = virtual(ratio=0.5, estimate=estimate)  # 15 anchors: classes 3 and 18 share one
    e, y = unit(6, D), torch.tensor([3, 3, 4, 4, 20, 20])
    weight = head.bank.weight.clone()
    for label, anchor in ((3, 3), (4, 4), (20, 5)):
        total = e[y == label].sum(0)
        weight[anchor] = total if estimate == "sum" else total / 2
    loss = head(Encoder(), Batch((e.requires_grad_(),), (y,)))
    torch.testing.assert_close(loss, margin_softmax(e, weight, y % 15, 0.2, 8.0))


def test_virtual_fc_adds_up_half_precision_in_float32():
    """Seventy bfloat16 numbers summed in bfloat16 are off by a hundredth."""
    torch.manual_seed(0)
    e, y = normalize(torch.randn(140, D) + 2, dim=1).bfloat16(), torch.arange(2).repeat_interleave(70)
    head = heads.load("virtual_fc")(C, D, ratio=0.5)
    head(lambda x: x.view_as(x), Batch((e.requires_grad_(),), (y,)))
    for label in range(2):
        torch.testing.assert_close(head.bank.weight[label], e.detach()[y == label].float().mean(0), atol=1e-6, rtol=0)


def test_virtual_fc_borrows_an_unused_anchor_and_gives_it_back():
    head = virtual(ratio=0.1)  # 3 anchors
    e, y = unit(4, D), torch.tensor([0, 0, 3, 3])  # both classes belong to anchor 0
    before = head.bank.weight.clone()
    anchors, lent = head.place(group(torch.tensor([0, 3])))
    assert anchors.tolist() == [0, 1] and lent.tolist() == [False, True]
    loss = head(Encoder(), Batch((e.requires_grad_(),), (y,)))
    loss.backward()
    assert not torch.equal(head.bank.weight[1], before[1])
    head.commit()
    assert torch.equal(head.bank.weight[1], before[1]) and head.holder.tolist() == [0, -1, -1]
    assert not torch.equal(head.bank.weight[[0, 2]], before[[0, 2]])


def test_virtual_fc_ignores_classes_that_find_no_anchor():
    head = virtual(ratio=0.07)  # 2 anchors
    assert head.place(group(torch.arange(5)))[0].tolist() == [0, 1, -1, -1, -1]
    e, y = unit(5, D).requires_grad_(), torch.arange(5)
    head(Encoder(), Batch((e,), (y,))).backward()
    assert (e.grad[:2] != 0).any() and torch.equal(e.grad[2:], torch.zeros(3, D, dtype=torch.float64))


def test_virtual_fc_clears_the_momentum_of_a_new_holder():
    head = virtual(ratio=0.1)
    for labels, kept in (([0, 0], False), ([0, 0], True), ([3, 3], False)):
        head.bank.velocity[0] = 7.0
        head.regenerate(group(torch.tensor(labels)), torch.tensor([0, 0]), torch.tensor([False, False]), unit(2, D))
        assert bool((head.bank.velocity[0] == 7.0).all()) == kept


def test_virtual_fc_refuses_an_unknown_estimate():
    with pytest.raises(ValueError, match="virtual_fc estimate 'max' is not known: choose one of mean, sum"):
        virtual(estimate="max")
