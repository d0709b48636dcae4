"""Rates and momenta along a run."""

import pytest

from workflow.cells.train_section import Train
from workflow.training.schedule import learning_rate, margin_share, twin_momentum

SETTINGS = {
    "steps": 100,
    "lr": 0.5,
    "warmup": 0.1,
    "power": 2,
    "milestones": (0.5, 0.75),
    "gamma": 0.1,
    "margin_ramp": 0.2,
}


@pytest.mark.parametrize("schedule", ["cosine", "polynomial", "step"])
def test_rate_rises_to_its_peak_and_never_again(schedule):
    rates = [learning_rate(step, Train(**SETTINGS | {"schedule": schedule})) for step in range(100)]
    assert rates[0] == pytest.approx(0.05) and rates[9] == pytest.approx(0.5)
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.1 * rates[10]


def test_known_rates():
    assert learning_rate(55, Train(**SETTINGS | {"schedule": "cosine"})) == pytest.approx(0.25)
    assert learning_rate(55, Train(**SETTINGS | {"schedule": "polynomial"})) == pytest.approx(0.125)
    assert [learning_rate(s, Train(**SETTINGS | {"schedule": "step"})) for s in (49, 50, 75)] == pytest.approx(
        [0.5, 0.05, 0.005]
    )


def test_margin_ramp_ends_at_the_full_margin():
    shares = [margin_share(step, Train(**SETTINGS)) for step in range(100)]
    assert shares[0] == pytest.approx(0.05) and shares[19:] == [1.0] * 81
    assert margin_share(0, Train(**SETTINGS | {"margin_ramp": 0})) == 1.0


@pytest.mark.parametrize(
    ("paper", "steps", "expected"),
    [
        (0.999, 600, 0.9),
        (0.999, 1200, 0.95),
        (0.999, 6000, 0.99),
        (0.999, 10**6, 0.999),
        (0.99, 10**6, 0.99),
        (0.999, 60, 0.9),
    ],
)
def test_twin_momentum_follows_the_length_of_the_run(paper, steps, expected):
    assert twin_momentum(paper, steps) == pytest.approx(expected)
