"""Margins are what their papers say, finite at the ends and falling with the angle."""

import math

import pytest
import torch

from heads._margin import MARGINS, arcface, arcface_straight_through, cosface, margin_named

ANGLES = torch.linspace(0.01, math.pi - 0.01, 200, dtype=torch.float64)


def test_arcface_is_the_cosine_of_the_turned_angle_below_its_limit():
    inside = ANGLES[math.pi - 0.5 > ANGLES]
    torch.testing.assert_close(arcface(inside.cos(), 0.5), (inside + 0.5).cos())


@pytest.mark.parametrize("name", sorted(MARGINS))
@pytest.mark.parametrize("m", [0.0, 0.3, 0.5])
def test_a_worse_angle_never_costs_less(name, m):
    assert (MARGINS[name](ANGLES.cos(), m).diff() < 0).all()


@pytest.mark.parametrize("name", sorted(MARGINS))
def test_value_and_gradient_are_finite_at_the_ends(name):
    cosine = torch.tensor([-1.0, 1.0], requires_grad=True)
    MARGINS[name](cosine, 0.5).sum().backward()
    assert torch.isfinite(cosine.grad).all()


def test_true_gradient_differs_from_straight_through_by_the_sine_ratio():
    for function, expected in (
        (arcface, (torch.tensor(1.2) + 0.5).sin() / torch.tensor(1.2).sin()),
        (arcface_straight_through, torch.tensor(1.0)),
    ):
        cosine = torch.tensor(1.2).cos().requires_grad_()
        function(cosine, 0.5).backward()
        torch.testing.assert_close(cosine.grad, expected)


def test_cosface_subtracts():
    torch.testing.assert_close(cosface(torch.tensor([0.5]), 0.4), torch.tensor([0.1]))


def test_an_unknown_margin_lists_the_choices():
    with pytest.raises(ValueError, match=r"cosfase.*choose one of normface, cosface"):
        margin_named("cosfase")
