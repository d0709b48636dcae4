"""Closed-set identification against loops, and the sums that must come out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.cells.records import BANDS, ShotLimits
from workflow.evaluating.closed import ClosedSet, ShotBands, closer_classes
from workflow.evaluating.cosine import exact
from workflow.evaluating.score import Unmeasured

LIMITS = ShotLimits(many=7, medium=3)


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def slow_closer(probe, label, by_label):
    scores = exact(probe) @ exact(by_label).T
    return [
        sum(score >= row[own] for k, score in enumerate(row) if k != own)
        for row, own in zip(scores, label, strict=True)
    ]


@given(st.integers(0, 10_000), st.integers(2, 30), st.integers(1, 50))
def test_ranks_equal_the_loops(seed, classes, probes):
    random = np.random.default_rng(seed)
    by_label = unit(np.round(random.standard_normal((classes, 3)), 1) + 0.01)
    label = random.integers(0, classes, probes)
    probe = unit(by_label[label] + random.standard_normal((probes, 3)).round(1) + 0.01)
    assert closer_classes(probe, label, by_label).tolist() == slow_closer(probe, label, by_label)


def test_micro_and_macro_worked_by_hand():
    label = np.array([0, 0, 0, 1])  # class 0: 3 of 3 found, class 1: 0 of 1
    found = ClosedSet(np.array([0, 0, 0, 4]), label, ShotBands(np.array([9, 1]), LIMITS))
    assert (found.rank(1), found.macro(), found.rank(5)) == (0.75, 0.5, 1.0)
    assert (found.rank(1, "many"), found.rank(1, "few")) == (1.0, 0.0)
    assert found.rank(1, "medium") == Unmeasured("no probes of medium-shot classes")


def test_thresholds_belong_to_the_higher_band():
    bands = ShotBands(np.array([8, 7, 6, 3, 2, 1]), LIMITS)
    assert [BANDS[band] for band in bands.band(np.arange(6))] == ["many", "many", "medium", "medium", "few", "few"]


@given(st.integers(0, 10_000))
def test_bands_and_shot_counts_add_up_to_all_probes(seed):
    random = np.random.default_rng(seed)
    bands = ShotBands(np.sort(random.integers(1, 11, 50))[::-1], LIMITS)
    label, closer = random.integers(0, 50, 400), random.integers(0, 3, 400)
    found = ClosedSet(closer, label, bands)
    sizes = np.bincount(bands.band(label), minlength=3)
    right = sum(size * found.rank(1, band) for size, band in zip(sizes, BANDS, strict=True) if size)
    assert right == pytest.approx(400 * found.rank(1))
    points = found.by_shots()
    assert [shots for shots, _, _ in points] == sorted(set(bands.shots[label]))
    assert sum(probes for _, probes, _ in points) == 400
    assert sum(probes * right for _, probes, right in points) == pytest.approx(400 * found.rank(1))


def test_perfect_and_constant_embeddings():
    label, bands = np.arange(12), ShotBands(np.full(12, 9), LIMITS)
    rows = np.eye(12, dtype=np.float16)
    assert ClosedSet(closer_classes(rows, label, rows), label, bands).rank(1) == 1.0
    flat = np.ones((12, 1), np.float16)
    assert ClosedSet(closer_classes(flat, label, flat), label, bands).rank(5) == 0.0
