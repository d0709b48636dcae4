"""Look-alikes against a slow twin, and the hygiene that keeps indistinguishable classes out of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.data import similar
from workflow.data.similar import NEIGHBOURS, TOO_ALIKE, _means, look_alikes, pooled


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = (x.astype(np.float64).ravel() - x.mean() for x in (a, b))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def world(seed: int, classes: int, faces: int, colour: bool = False):
    """Images that are a class pattern, blurred differently by each face; images, classes, groups."""
    rng = np.random.default_rng(seed)
    shape = (16, 16, 3) if colour else (16, 16)
    patterns = rng.integers(0, 256, (classes, *shape)) * (rng.random((classes, *shape)) < 0.6)
    noise = rng.integers(-60, 60, (faces, classes, *shape))
    images = np.clip(patterns + noise, 0, 255).astype(np.uint8).reshape(-1, *shape)
    return images, np.tile(np.arange(classes), faces), np.repeat(np.arange(faces), classes)


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(2, 12), st.integers(1, 3), st.booleans())
def test_neighbours_are_those_that_a_slow_search_finds(seed, count, faces, colour):
    images, classes, groups = world(seed, count, faces, colour)
    grey = images.mean(axis=3).round().astype(np.uint8) if colour else images
    means = [grey[classes == number].mean(axis=0) for number in range(count)]
    found = look_alikes(images, classes, groups)
    assert found.shape == (count, NEIGHBOURS)
    for number, neighbours in enumerate(found):
        scores = [-2.0 if other == number else correlation(means[number], means[other]) for other in range(count)]
        best = np.sort(scores)[::-1][: min(NEIGHBOURS, count - 1)]
        kept = neighbours[neighbours >= 0]
        np.testing.assert_allclose([scores[other] for other in kept], best[: len(kept)], atol=1e-3)
        assert len(kept) == len(best)  # random patterns are never too alike


def test_of_very_many_classes_some_spread_over_all_are_searched(monkeypatch, capsys):
    images, classes, groups = world(3, 8, 2)
    monkeypatch.setattr(similar, "SEARCHED", 4)
    found = look_alikes(images, classes, groups)
    searched = [0, 2, 5, 7]
    assert "among 4 of the 8 classes" in capsys.readouterr().err
    assert (np.delete(found, searched, axis=0) == -1).all()
    kept = np.isin(classes, searched)
    monkeypatch.undo()
    alone = look_alikes(images[kept], np.searchsorted(searched, classes[kept]), groups[kept])
    assert np.array_equal(found[searched], np.where(alone >= 0, np.array(searched)[alone], -1))


def test_classes_with_an_equal_bitmap_in_one_face_are_no_question():
    images, classes, groups = world(1, 8, 2)
    before = look_alikes(images, classes, groups)
    other = int(before[0, 0])
    images[(classes == 0) & (groups == 1)] = images[(classes == other) & (groups == 1)]
    after = look_alikes(images, classes, groups)
    assert other not in after[0] and 0 not in after[other]
    assert (after[0] == -1).sum() == 1


def test_nearly_equal_images_of_one_face_are_dropped_but_of_two_faces_are_not():
    images, classes, groups = world(2, 6, 2)
    twin = images[(classes == 3) & (groups == 0)][0].copy()
    twin[0, :3] ^= 40
    assert TOO_ALIKE < correlation(twin, images[(classes == 3) & (groups == 0)][0]) < 1
    images[(classes == 5) & (groups == 1)] = twin
    assert 3 in look_alikes(images, classes, groups)[5]
    images[(classes == 5) & (groups == 0)] = twin
    assert 3 not in look_alikes(images, classes, groups)[5]


def test_several_images_of_a_class_in_one_group_are_all_compared():
    images, classes, _ = world(3, 6, 3)
    images[np.flatnonzero(classes == 4)[2]] = images[np.flatnonzero(classes == 1)[0]]
    assert 1 not in look_alikes(images, classes, np.zeros(len(classes), np.int64))[4]


@pytest.mark.parametrize("size", [8, 16, 20, 32, 112])
def test_pooling_averages_areas_at_any_size(size):
    images = np.random.default_rng(0).integers(0, 256, (3, size, size), dtype=np.uint8)
    side = min(16, size)
    fine = np.kron(images, np.ones((1, side, side)))  # every pixel cut so that bins fall between pieces
    slow = fine.reshape(3, side, size, side, size).mean(axis=(2, 4))
    assert np.abs(pooled(images).reshape(3, side, side) - slow).max() <= 0.51


def test_the_order_of_summation_does_not_matter(glyphs):
    images, classes, _ = (np.load(glyphs / f"{name}.npy") for name in ("images", "classes", "groups"))
    means = _means(pooled(images), classes)
    exact = means.astype(np.int64) @ means.astype(np.int64).T
    assert (means @ means.T).astype(np.int64).tolist() == exact.tolist()
    assert exact.max() < 2**24
