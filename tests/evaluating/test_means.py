"""A class's mean is the direction of its images' mean, to the last bit whatever their order."""

import numpy as np

from tests.evaluating.conftest import unit
from workflow.evaluating.means import class_means


def test_means_are_unit_rows_in_any_order_of_images():
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(9), random.integers(1, 6, 9))
    rows = unit(random.standard_normal((len(labels), 7)))
    found = class_means(rows, labels)
    for label in range(9):
        mean = rows[labels == label].astype(float).mean(0)
        np.testing.assert_allclose(found[label], mean / np.linalg.norm(mean), atol=1e-3)
    order = random.permutation(len(labels))
    np.testing.assert_array_equal(class_means(rows[order], labels[order]), found)


def test_images_that_cancel_out_give_zeros():
    rows = unit(np.array([[1.0, 2.0], [-1.0, -2.0]]))
    assert class_means(rows, np.array([0, 0])).tolist() == [[0.0, 0.0]]
