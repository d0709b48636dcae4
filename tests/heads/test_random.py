"""Samples of classes are what they claim: sorted, distinct, with the batch's own, and otherwise uniform. Dice can be
saved, and streams of numbers have nothing to do with each other."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from heads.kit.centres import BLOCK, Centres
from heads.kit.dice import Dice, draw_seed, stream
from heads.kit.sample import sample_classes


def drawn(labels: list[int], classes: int, number: int, seed: int) -> list[int]:
    return sample_classes(torch.tensor(labels, dtype=torch.int64), classes, number, stream(seed, 0)).tolist()


@settings(max_examples=300)
@given(data=st.data(), classes=st.integers(1, 60), seed=st.integers(0, 2**40))
def test_a_sample_is_sorted_and_distinct_and_holds_the_labels(data, classes, seed):
    """Few classes and many, small samples and all classes, batches smaller and larger than the sample."""
    number = data.draw(st.integers(1, classes))
    labels = data.draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=70))
    rows = drawn(labels, classes, number, seed)
    assert rows == sorted(set(rows)) and set(labels) <= set(rows) <= set(range(classes))
    assert len(rows) == max(number, len(set(labels)))


@pytest.mark.parametrize(
    ("classes", "number"), [(1_000_000, 5), (100_000, 10_000), (100_000, 49_999), (100_000, 50_001)]
)
def test_a_sample_of_many_classes_is_full(classes, number):
    """Where draws repeat, there must be enough of them."""
    for seed in range(3):
        rows = torch.tensor(drawn([0, classes - 1], classes, number, seed))
        assert len(rows) == number and (rows.diff() > 0).all() and rows[0] == 0 and rows[-1] == classes - 1


@pytest.mark.parametrize("labels", [[2], [2, 2, 2], [0, 6]])
@pytest.mark.parametrize("number", [3, 5])  # drawn with repetition, and as a permutation
def test_every_set_of_others_is_as_likely(labels, number):
    """Pearson's chi-square over all sets that can be drawn: not only each class alone must be uniform."""
    classes, trials = 7, 4000
    others = [c for c in range(classes) if c not in labels]
    sets = {drawn: 0 for drawn in itertools.combinations(others, number - len(set(labels)))}
    for seed in range(trials):
        sets[tuple(row for row in drawn(labels, classes, number, seed) if row not in labels)] += 1
    expected = trials / len(sets)
    statistic = sum((count - expected) ** 2 / expected for count in sets.values())
    freedom = len(sets) - 1
    assert statistic < freedom + 5 * math.sqrt(2 * freedom), "five standard deviations"


def test_the_sample_does_not_depend_on_the_order_of_the_labels():
    assert drawn([4, 9, 4, 1], 50, 10, 3) == drawn([1, 4, 9, 9], 50, 10, 3) != drawn([1, 4, 9, 9], 50, 10, 4)


def test_dice_go_on_where_they_were_saved():
    torch.manual_seed(0)
    dice, others = Dice(), Dice()
    assert dice.seed != others.seed
    for _ in range(3):
        dice.throw("cpu")
    others.load_state_dict(dice.state_dict())
    for _ in range(3):
        assert torch.equal(*(torch.rand(5, generator=die.throw("cpu")) for die in (dice, others)))


def test_dice_follow_the_global_seed_but_throwing_disturbs_nobody():
    seeds = []
    for _ in range(2):
        torch.manual_seed(5)
        dice = Dice()
        seeds.append(dice.seed)
    before = torch.get_rng_state()
    torch.rand(5, generator=dice.throw("cpu"))
    assert seeds[0] == seeds[1] and torch.equal(torch.get_rng_state(), before)


def test_streams_differ():
    """Neighbouring numbers and neighbouring seeds, and seeds as large as they come."""
    draws = {
        tuple(torch.rand(4, generator=stream(seed, number)).tolist())
        for seed in (0, 1, 2, 2**62 - 1)
        for number in range(50)
    }
    assert len(draws) == 200


def test_streams_of_neighbours_are_unrelated():
    rows = torch.stack([torch.rand(400, generator=stream(7, number), dtype=torch.float64) for number in range(40)])
    related = torch.corrcoef(rows).fill_diagonal_(0).abs().max()
    assert related < 5 / math.sqrt(400), "five standard deviations"


def test_a_seed_is_drawn_from_a_wide_range():
    torch.manual_seed(0)
    seeds = [draw_seed() for _ in range(100)]
    assert len(set(seeds)) == 100 and max(seeds) > 2**60 and min(seeds) >= 0


@pytest.mark.parametrize("threads", [2, 5])
def test_centres_start_alike_on_any_number_of_threads(threads):
    def start() -> torch.Tensor:
        torch.manual_seed(3)
        return Centres(3 * BLOCK + 7, 2).weight

    one = start()
    torch.set_num_threads(threads)
    try:
        many = start()
    finally:
        torch.set_num_threads(1)
    assert torch.equal(one, many) and one.std() == pytest.approx(0.01, rel=0.05)
