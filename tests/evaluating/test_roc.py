"""Every rate against brute force over all thresholds, and the laws that any ROC obeys."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.evaluating.roc import POINTS, roc
from workflow.evaluating.score import Unmeasured


def slow_tar(similarity, same, far):
    best = 0.0
    for threshold in [-np.inf, *similarity]:
        accepted = similarity > threshold
        if np.sum(accepted & ~same) <= far * np.sum(~same) + 1e-9:
            best = max(best, np.sum(accepted & same) / np.sum(same))
    return best


def slow_auc(similarity, same):
    wins = [(g > i) + (g == i) / 2 for g in similarity[same] for i in similarity[~same]]
    return sum(wins) / len(wins)


def slow_eer(similarity, same):
    thresholds = [np.inf, *sorted(set(similarity), reverse=True), -np.inf]
    points = [(np.mean(similarity[~same] >= t), np.mean(similarity[same] < t)) for t in thresholds]
    for (far0, frr0), (far1, frr1) in pairwise(points):
        if far1 >= frr1:
            weight = (frr0 - far0) / ((far1 - far0) + (frr0 - frr1))
            return far0 + weight * (far1 - far0)
    raise AssertionError("the curve never crosses")


# Few distinct values, so that ties are the rule and not the exception.
scores = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=60).filter(
    lambda pairs: len({kind for _, kind in pairs}) == 2
)


def arrays(pairs, scale=1.0):
    return np.array([s for s, _ in pairs]) * scale, np.array([kind for _, kind in pairs])


@given(scores)
def test_auc_and_eer_equal_brute_force(pairs):
    similarity, same = arrays(pairs)
    assert roc(similarity, same).auc() == pytest.approx(slow_auc(similarity, same), abs=1e-12)
    assert roc(similarity, same).eer() == pytest.approx(slow_eer(similarity, same), abs=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([0.1, 0.01, 0.05]))
def test_tar_equals_brute_force(seed, levels, far):
    random = np.random.default_rng(seed)
    same = np.arange(1100) < 60
    similarity = np.round(random.standard_normal(1100) * levels) + same * levels
    assert roc(similarity, same).tar(far) == slow_tar(similarity, same, far)


@given(scores, st.randoms())
def test_order_of_pairs_and_monotone_rescaling_change_nothing(pairs, random):
    similarity, same = arrays(pairs * 30)
    curve = roc(similarity, same)
    shuffled = pairs * 30
    random.shuffle(shuffled)
    moved, kinds = arrays(shuffled)
    for other in (roc(moved, kinds), roc(similarity**3 - 7, same)):
        assert (other.auc(), other.eer(), other.tar(0.1)) == (curve.auc(), curve.eer(), curve.tar(0.1))


def test_known_values_of_perfect_constant_and_reversed_scores():
    same = np.arange(400) < 200
    perfect, constant, reversed_ = (roc(values, same) for values in (same * 1.0, np.ones(400), ~same * 1.0))
    assert (perfect.auc(), perfect.eer(), perfect.tar(0.1)) == (1.0, 0.0, 1.0)
    assert (constant.auc(), constant.eer(), constant.tar(0.1)) == (0.5, 0.5, 0.0)
    assert (reversed_.auc(), reversed_.eer(), reversed_.tar(0.1)) == (0.0, 1.0, 0.0)


def test_far_budget_is_inclusive_and_ties_are_refused_together():
    impostor = np.arange(100.0)  # FAR 0.1 allows the ten from 90 on, so that everything above 89 is accepted
    genuine = np.array([88.0, 89.0, 89.5, 95.0])
    same = np.arange(104) >= 100
    assert roc(np.concatenate([impostor, genuine]), same).tar(0.1) == 0.5
    impostor[89] = 90.0  # an eleventh impostor at 90: none of those tied may be accepted now
    assert roc(np.concatenate([impostor, genuine]), same).tar(0.1) == 0.25


def test_rates_that_rest_on_fewer_than_ten_impostors_are_not_measured():
    same = np.arange(1200) < 201
    curve = roc(np.linspace(0, 1, 1200), same)
    assert isinstance(curve.tar(0.1), float)
    assert curve.tar(0.01) == Unmeasured("999 impostor pairs allow 9.99 false accepts at a rate of 0.01, fewer than 10")
    assert isinstance(roc(np.linspace(0, 1, 1201), np.arange(1201) < 201).tar(0.01), float)


@pytest.mark.parametrize(("kind", "word"), [(True, "impostor"), (False, "genuine")])
def test_one_kind_of_pair_alone_measures_nothing(kind, word):
    curve = roc(np.linspace(0, 1, 300), np.full(300, kind))
    for score in (curve.auc(), curve.eer(), curve.tar(0.1)):
        assert isinstance(score, Unmeasured)
        assert word in score.reason
    assert curve.points() == []


def test_points_lie_on_the_curve_and_end_at_one():
    random = np.random.default_rng(0)
    same = np.arange(5000) < 1000
    similarity = random.standard_normal(5000) + same
    points = roc(similarity, same).points()
    assert len(points) <= POINTS
    assert points[0][0] == 10 / 4000
    assert points[-1] == [1.0, 1.0]
    assert points == sorted(points)
    for far, tar in points[::20]:
        assert tar == slow_tar(similarity, same, far)
