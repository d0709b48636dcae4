"""Inner products of float16 rows are exact: compared with rational arithmetic, and unmoved by order and blocks."""

from fractions import Fraction

import numpy as np
import pytest

from workflow.evaluating.cosine import exact, pair_cosines, row_cosines, spans


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    rows = random.standard_normal((50, 128)) * 10.0 ** random.integers(-6, 1, (50, 128))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def test_inner_products_equal_rational_arithmetic(rows):
    found = exact(rows) @ exact(rows).T
    for i, j in [(0, 0), (0, 1), (17, 33), (49, 2)]:
        truth = sum(Fraction(float(a)) * Fraction(float(b)) for a, b in zip(rows[i], rows[j], strict=True))
        assert Fraction(float(found[i, j])) == truth


def test_order_of_addition_and_shape_of_the_product_do_not_matter(rows):
    product = exact(rows) @ exact(rows).T
    shuffled = rows[:, np.random.default_rng(1).permutation(128)]
    assert np.array_equal(exact(shuffled) @ exact(shuffled).T, product)
    assert np.array_equal(row_cosines(rows[:20], rows[20:40]), product[np.arange(20), np.arange(20, 40)])


def test_pairs_in_chunks_equal_the_whole_product(rows):
    pairs = np.random.default_rng(2).integers(0, 50, (10_000, 2))
    assert np.array_equal(pair_cosines(rows, pairs), (exact(rows) @ exact(rows).T)[pairs[:, 0], pairs[:, 1]])


def test_other_types_are_refused(rows):
    with pytest.raises(TypeError, match="float32"):
        exact(rows.astype(np.float32))


def test_spans_cover_everything_once():
    assert list(spans(10, 4)) == [(0, 4), (4, 8), (8, 10)]
    assert list(spans(0, 4)) == []
