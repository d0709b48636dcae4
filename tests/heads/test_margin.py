"""Margins are what their papers say, finite at the ends and falling with the angle."""

import math

import pytest
import torch

from heads.kit.margins import MARGINS, Margin, arcface, arcface_straight_through, combined, cosface

ANGLES = torch.linspace(0.01, math.pi - 0.01, 200, dtype=torch.float64)


def test_arcface_is_the_cosine_of_the_turned_angle_below_its_limit():
    inside = ANGLES[math.pi - 0.5 > ANGLES]
    torch.testing.assert_close(arcface(inside.cos(), 0.5), (inside + 0.5).cos())


@pytest.mark.parametrize("name", sorted(MARGINS))
@pytest.mark.parametrize("m", [0.0, 0.3, 0.5])
def test_a_worse_angle_never_costs_less(name, m):
    margin = Margin(name, [1 + m, m, m] if name == "combined" else m)
    assert (margin(ANGLES.cos()).diff() < 0).all()


@pytest.mark.parametrize("name", sorted(MARGINS))
def test_value_and_gradient_are_finite_at_the_ends(name):
    cosine = torch.tensor([-1.0, 1.0], requires_grad=True)
    Margin(name, [1.5, 0.5, 0.1] if name == "combined" else 0.5)(cosine).sum().backward()
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
        Margin("cosfase", 0.4)


def test_combined_holds_the_three_margins():
    angle = torch.tensor(1.0, dtype=torch.float64)
    torch.testing.assert_close(combined(angle.cos(), 1.2, 0.3, 0.1), (1.2 * angle + 0.3).cos() - 0.1)
    torch.testing.assert_close(combined(ANGLES.cos(), 1.0, 0.0, 0.4), cosface(ANGLES.cos(), 0.4))


@pytest.mark.parametrize("margins", [(1.0, 0.5, 0.0), (1.35, 0.0, 0.0), (4.0, 0.0, 0.0), (2.5, 0.5, 0.2)])
def test_combined_goes_on_falling_past_pi_without_a_jump(margins):
    fine = torch.linspace(0.001, math.pi - 0.001, 5000, dtype=torch.float64)
    steps = combined(fine.cos(), *margins).diff()
    assert (steps < 0).all() and steps.abs().max() < 0.01


@pytest.mark.parametrize("name", sorted(MARGINS))
def test_half_a_margin_lies_between_none_and_all(name):
    m = [1.2, 0.2, 0.1] if name == "combined" else 0.4
    cosine = torch.tensor([0.5], dtype=torch.float64)
    none, half, full = (Margin(name, m)(cosine, share) for share in (0.0, 0.5, 1.0))
    torch.testing.assert_close(none, cosine)
    assert name == "normface" or full < half < none


def test_a_margin_with_the_wrong_number_of_values_is_refused():
    with pytest.raises(ValueError, match="margin 'combined' takes 3 numbers as m, not 1"):
        Margin("combined", 0.5)
