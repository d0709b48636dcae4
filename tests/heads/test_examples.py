"""Heads that use `encode.features` and `class_counts` meet the contract and compute what their papers say."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

import heads
from heads.kit.interface import Batch, Encoder
from tests.heads.cases import Case
from tests.heads.contract.hold import hold
from tests.heads.contract.test_mistakes import CHECKS
from tests.heads.examples import COUNTS, LENGTHS

C, D = 6, 4
PAIRS = ("a_wrong_second_view", "no_pairs")
"""tests of heads that ask for two views"""


@pytest.mark.parametrize("source", [LENGTHS, COUNTS], ids=["lengths", "counts"])
@pytest.mark.parametrize("mistake", [one for one in CHECKS if not any(p in one.check.__name__ for p in PAIRS)], ids=str)
def test_it_meets_the_contract(mistake, source, add_head):
    given = {**mistake.given, "view": 0} if "view" in mistake.given else mistake.given
    hold(mistake.check, Case(add_head("example", source), {}), given)


def batch(scale: float = 1.0) -> Batch:
    generator = torch.Generator().manual_seed(0)
    return Batch((scale * torch.randn(3, D, generator=generator, dtype=torch.float64),), (torch.tensor([0, 2, 5]),))


def test_a_longer_embedding_gets_a_larger_margin(add_head):
    name = add_head("lengths", LENGTHS)
    head = heads.make(name, C, D, options={"weight": 0.0}, ratio=1.0).double()
    for scale in (1.0, 3.0):
        (x,), (y,) = batch(scale)
        margin = 0.1 + 0.4 * (x.norm(dim=1).clamp(0.5, 8) - 0.5) / 7.5
        cosine = normalize(x, dim=1) @ normalize(head.vectors, dim=1).T
        cosine = cosine.index_put((torch.arange(3), y), cosine[torch.arange(3), y] - margin)
        torch.testing.assert_close(head(Encoder(), batch(scale)), cross_entropy(16 * cosine, y))


def test_a_length_gets_a_gradient(add_head):
    """Of unit embeddings there is none along the vector; of features there is."""
    head = heads.make(add_head("lengths", LENGTHS), C, D, options={}, ratio=1.0).double()
    (x,), (y,) = batch()
    x.requires_grad_()
    head(Encoder(), Batch((x,), (y,))).backward()
    along = (x.grad * x.detach()).sum(1)
    assert (along.abs() > 1e-4).all()


def test_logits_are_shifted_by_the_logarithm_of_the_images(add_head):
    counts, name = torch.tensor([9, 4, 2, 1, 1, 1]), add_head("counts", COUNTS)
    balanced, plain = (
        heads.make(name, C, D, options={"tau": tau}, ratio=1.0, class_counts=counts).double() for tau in (1.0, 0.0)
    )
    plain.load_state_dict({**balanced.state_dict(), "ahead": torch.zeros(C)})
    (x,), (y,) = batch()
    cosine = normalize(x, dim=1) @ normalize(balanced.vectors, dim=1).T
    shifted = cross_entropy(16 * cosine + counts.double().log(), y)
    torch.testing.assert_close(balanced(Encoder(), batch()), shifted, rtol=1e-6, atol=1e-6)
    assert abs(balanced(Encoder(), batch()) - plain(Encoder(), batch())) > 0.01
