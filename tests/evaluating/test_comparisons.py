"""One part compared: what the metrics' rows ask for, computed once; a new row is a new score."""

import numpy as np
import pytest

from workflow.evaluating import comparisons, scores
from workflow.evaluating.comparisons import Comparisons
from workflow.evaluating.metric import Metric, not_computed
from workflow.evaluating.metrics import METRICS
from workflow.evaluating.score import Unmeasured
from workflow.evaluating.scores import all_scores, no_scores, shot_bands


@pytest.fixture
def part(world):
    return Comparisons(
        world.rows, world.split.part("test"), shot_bands(world.split), world.centres, world.centres, [10]
    )


def test_whatever_is_compared_is_compared_once(part, monkeypatch):
    calls = []
    for name in ("pair_cosines", "allpairs_roc", "closer_classes"):
        computed = getattr(comparisons, name)
        monkeypatch.setattr(comparisons, name, lambda *given, f=computed, n=name: calls.append(n) or f(*given))
    for row in METRICS.values():
        for _, number in row.named([10]):
            row.score(part, number)
    assert sorted(calls) == ["allpairs_roc", *3 * ["closer_classes"], *2 * ["pair_cosines"]]


def test_by_centres_asks_the_same_probes(part, world):
    assert part.by_centres.label is part.closed.label
    assert part.by_centres.rank(1) != part.closed.rank(1)
    assert Comparisons(world.rows, part.arrays, part.bands).by_centres is None


def test_a_new_row_is_a_new_score(world, monkeypatch):
    new = Metric("closed/rank2", "", "", "", "", lambda compared, _: compared.closed.rank(2))
    monkeypatch.setattr(scores, "METRICS", METRICS | {new.name: new})
    found = all_scores(world.rows, world.split, None, []).scores["test"]
    assert found["closed/rank1"] <= found["closed/rank2"] <= found["closed/rank5"]
    assert no_scores("failed: no memory", world.split, []).notes["closed/rank2"] == "failed: no memory"


def test_names_hold_their_number():
    assert list(METRICS["closed/rank1"].named([1000])) == [("closed/rank1", 0)]
    rates = [name for name, _ in METRICS["verification_hard/tar@{value}"].named([1000])]
    assert rates == [f"verification_hard/tar@{rate}" for rate in ("0.1", "0.01", "0.001", "0.0001")]
    assert dict(METRICS["allpairs/tar@{value}"].named([]))["allpairs/tar@1e-05"] == 1e-05
    crowds = list(METRICS["identification/rank1@{value}"].named([2_000_000, 1000, 1000]))
    assert crowds == [("identification/rank1@1000", 1000), ("identification/rank1@2000000", 2_000_000)]


def test_every_row_says_how_it_is_computed_and_a_lent_one_that_it_is_not(part):
    assert not [name for name, row in METRICS.items() if row.score is not_computed]
    assert Metric("other", "", "other", "other", "").score(part, 0) == Unmeasured("this version does not compute it")


def test_bands_count_every_training_class(world):
    bands = shot_bands(world.split)
    assert np.bincount(bands.band(np.arange(40)), minlength=3).sum() == 40
