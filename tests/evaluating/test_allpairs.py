"""The blockwise curve against the list of all pairs, in any order of rows and with any block size."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.evaluating import allpairs as module
from workflow.evaluating.allpairs import allpairs_roc
from workflow.evaluating.cosine import exact
from workflow.evaluating.roc import roc


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def slow(rows, classes):
    left, right = np.triu_indices(len(rows), 1)
    return roc((exact(rows) @ exact(rows).T)[left, right], classes[left] == classes[right])


def same_curve(first, second):
    return all(
        np.array_equal(getattr(first, name), getattr(second, name))
        for name in ("genuine", "reaching", "exceeding", "impostors")
    )


@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(1, 20), st.integers(1, 500))
def test_blockwise_equals_the_list_of_all_pairs(seed, images, classes, block):
    random = np.random.default_rng(seed)
    label = random.integers(0, classes, images)
    means = random.standard_normal((classes, 3))
    rows = unit(np.round(means[label] + 0.5 * random.standard_normal((images, 3)), 1) + 0.01)  # coarse: with ties
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SCORES_AT_ONCE", block)
        assert same_curve(allpairs_roc(rows, label), slow(rows, label))


def test_order_of_images_and_names_of_classes_do_not_matter():
    random = np.random.default_rng(0)
    label = random.integers(0, 20, 200)
    rows = unit(random.standard_normal((200, 4)))
    order = random.permutation(200)
    assert same_curve(allpairs_roc(rows[order], 1000 - 7 * label[order]), allpairs_roc(rows, label))


def test_known_values():
    label = np.repeat(np.arange(50), 4)
    perfect = allpairs_roc(np.eye(50, dtype=np.float16)[label], label)
    assert perfect.eer() == 0.0
    assert perfect.tar(0.001) == 1.0
    constant = allpairs_roc(np.eye(1, 3, dtype=np.float16).repeat(200, 0), label)
    assert constant.eer() == 0.5
    assert constant.tar(0.1) == 0.0


def test_counts_of_pairs():
    label = np.array([0, 0, 0, 1, 1, 2])
    curve = allpairs_roc(unit(np.random.default_rng(0).standard_normal((6, 4))), label)
    assert (len(curve.genuine), curve.impostors) == (4, 11)


def test_four_thousand_images_take_seconds_not_minutes():
    random = np.random.default_rng(0)
    rows, label = unit(random.standard_normal((4000, 128))), np.repeat(np.arange(500), 8)
    start = time.process_time()
    assert allpairs_roc(rows, label).impostors == 4000 * 3999 // 2 - 500 * 28
    assert time.process_time() - start < 10  # rough guard against a quadratic slip: it takes well under a second
