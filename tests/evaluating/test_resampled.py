"""Every score of every resampling equals the plain code's score of a test literally made of the classes drawn."""

import math
from dataclasses import replace
from statistics import fmean, pstdev

import numpy as np
import pytest

from workflow.cells.records import BANDS
from workflow.evaluating import resampled, resampled_all_pairs
from workflow.evaluating.comparisons import Comparisons
from workflow.evaluating.resampled import ResampledComparisons, class_weights
from workflow.evaluating.roc import Roc, roc
from workflow.evaluating.score import Unmeasured
from workflow.evaluating.scores import all_scores, shot_bands
from workflow.evaluating.verification import FOLDS, best_threshold, folds

FEW = 12


@pytest.fixture(scope="module", params=["fine", "with ties"])
def part(world, request):
    rows = world.rows if request.param == "fine" else np.round(world.rows.astype(float) * 2).astype(np.float16) / 4
    return Comparisons(rows, world.split.part("test"), shot_bands(world.split), world.centres, world.centres, [10])


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(resampled, "REPLICATES", FEW)


@pytest.fixture
def again(part):
    return ResampledComparisons(part)


def open_draws(part):
    """By replicate, how often each class of the dataset is drawn."""
    classes = np.sort(part.arrays["gallery_class"])
    return [dict(zip(classes.tolist(), row, strict=True)) for row in class_weights(classes).tolist()]


def class_of_row(part):
    found = {}
    for name in ("all", "gallery", "probe"):
        found |= zip(part.arrays[name].tolist(), part.arrays[f"{name}_class"].tolist(), strict=True)
    return found


def literal_pairs(part, kind, draw):
    """Similarity, same and fold of every pair, each as often as its classes were drawn."""
    pairs, classes = getattr(part, f"{kind}_pairs"), class_of_row(part)
    times = [
        draw[classes[one]] * (1 if same else draw[classes[other]])
        for (one, other), same in zip(part.arrays[f"{kind}_pairs"].tolist(), pairs.same, strict=True)
    ]
    return (np.repeat(values, times) for values in (pairs.similarity, pairs.same, folds(pairs.same)))


@pytest.mark.parametrize("kind", ["hard", "random"])
def test_pairs(part, again, kind):
    found = getattr(again, f"{kind}_pairs")
    for replicate, draw in enumerate(open_draws(part)):
        similarity, same, fold = literal_pairs(part, kind, draw)
        right = []
        for number in range(FOLDS):
            own = fold == number
            threshold = best_threshold(similarity[~own], same[~own])
            right.append(np.mean((similarity[own] > threshold) == same[own]))
        assert found.accuracy()[replicate] == pytest.approx(fmean(right), abs=1e-12)
        assert found.accuracy_std()[replicate] == pytest.approx(pstdev(right), abs=1e-9)
        curve = roc(similarity, same)
        assert found.roc.auc()[replicate] == pytest.approx(curve.auc(), abs=1e-12)
        assert found.roc.eer()[replicate] == pytest.approx(curve.eer(), abs=1e-12)
        assert found.roc.tar(0.2)[replicate] == curve.tar(0.2)


def literal_all_pairs(part, draw):
    """Genuine and impostor scores of all pairs, each as often as its classes were drawn."""
    rows, classes = part.rows[part.arrays["all"]].astype(float), part.arrays["all_class"].tolist()
    found = {True: [], False: []}
    for i, one in enumerate(classes):
        for j in range(i + 1, len(classes)):
            same = one == classes[j]
            found[same] += [float(rows[i] @ rows[j])] * (draw[one] if same else draw[one] * draw[classes[j]])
    return np.array(found[True]), np.array(found[False])


def test_all_pairs(part, again, monkeypatch):
    monkeypatch.setattr(resampled_all_pairs, "STRICT", 0.02)
    sample = literal_all_pairs(part, dict.fromkeys(part.arrays["all_class"].tolist(), 1))[1]
    for replicate, draw in enumerate(open_draws(part)):
        genuine, impostors = literal_all_pairs(part, draw)
        exact, held = (
            roc(np.append(genuine, others), np.arange(len(genuine) + len(others)) < len(genuine))
            for others in (impostors, sample)
        )
        for rate in (0.005, 0.02):
            assert again.all_pairs.tar(rate)[replicate] == exact.tar(rate)
        assert again.all_pairs.tar(0.1)[replicate] == held.tar(0.1)
        assert again.all_pairs.eer()[replicate] == pytest.approx(held.eer(), abs=1e-12)
        assert again.all_pairs.auc()[replicate] == pytest.approx(held.auc(), abs=1e-12)


def test_a_collapsed_embedding_accepts_nothing_in_any_resampling(part):
    flat = np.zeros_like(part.rows)
    flat[:, 0] = 1
    again = ResampledComparisons(replace(part, rows=flat))
    assert isinstance(again.part.all_pairs, Roc)
    assert not again.all_pairs.tar(0.001).any() and not again.hard_pairs.roc.tar(0.1).any()
    assert not again.gallery.rank(1).any()


def test_one_to_n(part, again):
    gallery, classes = part.gallery, part.arrays["probe_class"]
    for replicate, draw in enumerate(open_draws(part)):
        times = [draw[number] for number in classes.tolist()]
        literal = replace(gallery, probe=np.repeat(gallery.probe, times, 0), probe_class=np.repeat(classes, times))
        for size in (0, 10):
            for k in (1, 5):
                assert again.gallery.rank(k, size)[replicate] == literal.rank(k, size)
            assert not isinstance(literal.detected(0.5, size), Unmeasured)
            assert again.gallery.detected(0.5, size)[replicate] == pytest.approx(literal.detected(0.5, size), abs=1e-12)


@pytest.mark.parametrize("name", ["closed", "by_means", "by_centres"])
def test_training_classes(part, again, name):
    closed, found = getattr(part, name), getattr(again, name)
    labels = np.unique(closed.label)
    for replicate, drawn in enumerate(class_weights(labels)):
        times = drawn[np.searchsorted(labels, closed.label)]
        literal = replace(closed, closer=np.repeat(closed.closer, times), label=np.repeat(closed.label, times))
        for band in (None, *BANDS):
            assert found.rank(1, band)[replicate] == literal.rank(1, band)
        shares = [np.mean(closed.closer[closed.label == label] == 0) for label in np.repeat(labels, drawn)]
        assert found.macro()[replicate] == pytest.approx(fmean(shares), abs=1e-12)


def test_without_means_or_centres_there_is_nothing_to_resample(part):
    again = ResampledComparisons(replace(part, means=None, centres=None))
    assert again.by_means is None and again.by_centres is None


def test_a_band_that_no_resampling_drew_is_no_number(part, again):
    none = again.closed.probes.share(part.closed.closer == 0, np.zeros(len(part.closed.label), bool))
    assert len(none) == FEW and np.isnan(none).all()


def test_replicates_are_of_the_classes_asked_about_and_of_nothing_else(world):
    runs = [
        all_scores(rows, world.split, centres, [10], world.centres, resampled=True)
        for rows, centres in ((world.rows, None), (world.rows, world.centres))
    ]
    shared = [name for name in runs[0].resamples if not name.startswith("centres")]
    assert all(runs[0].resamples[name] == runs[1].resamples[name] for name in shared)
    measured = {name for name, score in runs[1].scores["test"].items() if score is not None}
    assert set(runs[1].resamples) == measured
    assert {len(row) for row in runs[1].resamples.values()} == {FEW}
    assert not np.array_equal(class_weights(np.arange(40)), class_weights(np.arange(1, 41)))


def test_weights_count_classes_drawn_with_replacement(monkeypatch):
    monkeypatch.setattr(resampled, "REPLICATES", 4000)
    weights = class_weights(np.arange(20))
    assert (weights.sum(1) == 20).all()
    assert weights.mean(0) == pytest.approx(np.ones(20), abs=0.08)
    assert weights.var() == pytest.approx(1 - 1 / 20, abs=0.03)
    assert (weights == 0).mean() == pytest.approx((1 - 1 / 20) ** 20, abs=0.01)


def test_the_spread_of_a_share_is_that_of_whole_classes(part, monkeypatch):
    """By the delta method, the variance is the sum over classes of squared residuals, over that of probes squared."""
    monkeypatch.setattr(resampled, "REPLICATES", 3000)
    hits, classes = part.gallery.closer(0) < 1, part.arrays["probe_class"]
    residuals = [np.sum(hits[classes == number] - hits.mean()) for number in np.unique(classes)]
    expected = math.sqrt(np.sum(np.square(residuals))) / len(hits)
    assert np.std(ResampledComparisons(part).gallery.rank(1)) == pytest.approx(expected, rel=0.08)
