"""Ten folds against a slow twin that tries every threshold, and one example worked by hand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.evaluating.score import Unmeasured
from workflow.evaluating.verification import ScoredPairs, best_threshold, folds


def slow_threshold(similarity, same):
    values = sorted(set(similarity))
    candidates = [values[-1] + 1, *[(a + b) / 2 for a, b in pairwise(values)][::-1], values[0] - 1]
    right = [sum((s > t) == k for s, k in zip(similarity, same, strict=True)) for t in candidates]
    return candidates[right.index(max(right))]


def slow_accuracy(similarity, same):
    own, other = np.flatnonzero(same), np.flatnonzero(~same)
    judged = []
    for fold in range(10):
        held = [k for kind in (own, other) for place, k in enumerate(kind) if place * 10 // len(kind) == fold]
        rest = [k for k in range(len(same)) if k not in held]
        threshold = slow_threshold(similarity[rest], same[rest])
        judged.append(np.mean([(similarity[k] > threshold) == same[k] for k in held]))
    return np.mean(judged), np.std(judged)


@given(st.integers(0, 10_000), st.integers(10, 40), st.integers(10, 40), st.sampled_from([2, 6, 1000]))
def test_accuracy_equals_the_slow_twin(seed, genuine, impostors, levels):
    random = np.random.default_rng(seed)
    same = random.permutation(np.arange(genuine + impostors) < genuine)
    similarity = np.round(random.standard_normal(len(same)) * levels + same * levels) / levels
    found = ScoredPairs(similarity, same)
    assert (found.accuracy(), found.accuracy_std()) == pytest.approx(slow_accuracy(similarity, same), abs=1e-12)


def test_an_example_worked_by_hand():
    # Ten folds of one genuine and one impostor pair. Genuine score .8, impostors .2, but fold 0 has them the other way
    # round and fold 1's genuine pair scores .5. Nine folds always put the threshold at the highest gap that separates:
    # fold 0 held out: genuine .5, .8 x8, impostors .2: threshold .35, both of fold 0 wrong -> 0
    # fold 1 held out: .8 x8 and the swapped pair: best is .5 = (.2 + .8) / 2; fold 1's .5 > .5 is false -> 1/2
    # other folds held out: .8 x7, .5, swapped (.2 genuine, .8 impostor): thresholds (.35 gives 16 of 18 right) -> 1
    genuine, impostor = np.full(10, 0.8), np.full(10, 0.2)
    genuine[0], impostor[0] = 0.2, 0.8
    genuine[1] = 0.5
    same = np.arange(20) < 10
    found = ScoredPairs(np.concatenate([genuine, impostor]), same)
    assert found.accuracy() == pytest.approx(0.85)
    assert found.accuracy_std() == pytest.approx(np.std([0, 0.5] + [1] * 8))


def test_the_strictest_of_equally_good_thresholds_is_taken():
    assert best_threshold(np.array([1.0, 2.0, 3.0]), np.array([True, False, True])) == 2.5
    assert best_threshold(np.ones(4), np.array([True, False] * 2)) == 2.0


def test_folds_are_tenths_of_either_kind_whatever_the_order():
    same = np.random.default_rng(0).random(6007) < 0.4
    fold = folds(same)
    for kind in (same, ~same):
        assert np.all(np.diff(fold[kind]) >= 0)
        sizes = np.bincount(fold[kind])
        assert len(sizes) == 10
        assert sizes.max() - sizes.min() <= 1
    blocks = np.argsort(~same, kind="stable")
    assert np.array_equal(folds(same[blocks]), fold[blocks])


def test_known_values_of_perfect_and_constant_scores():
    same = np.arange(400) % 2 == 0
    assert ScoredPairs(same * 1.0, same).accuracy() == 1.0
    constant = ScoredPairs(np.ones(400), same)
    assert (constant.accuracy(), constant.accuracy_std()) == (0.5, 0.0)


def test_random_scores_are_near_one_half():
    random = np.random.default_rng(0)
    same = np.arange(12_000) % 2 == 0
    found = ScoredPairs(random.random(12_000), same)
    assert found.accuracy() == pytest.approx(0.5, abs=0.02)
    assert found.roc.auc() == pytest.approx(0.5, abs=0.02)
    assert found.roc.tar(0.1) == pytest.approx(0.1, abs=0.02)


def test_fewer_pairs_than_folds_measure_nothing():
    found = ScoredPairs(np.linspace(0, 1, 30), np.arange(30) < 9)
    assert found.accuracy() == Unmeasured("9 pairs of one kind are fewer than the 10 folds")
    assert found.accuracy_std() == found.accuracy()
