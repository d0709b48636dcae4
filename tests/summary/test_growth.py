"""Curves through a few measured sizes: exact where the truth is a straight line, and honest where it is not."""

import itertools

import pytest

from workflow.summary.growth import Basis, Curve, Point, Range

SIZES = (10_000, 100_000, 1_000_000)


def curve(truth, sizes=SIZES, spread=0.0, declared=None) -> Curve:
    """The curve through the truth at some sizes."""

    def point(classes: int) -> Point:
        value = truth(classes)
        found = Range(value, value * (1 - spread), value * (1 + spread))
        return Point(classes, found, declared(classes) if declared else None)

    found = Curve.through(point(classes) for classes in sizes)
    assert found is not None
    return found


def straight(classes: float) -> float:
    return 1.5 + 2e-4 * classes


@pytest.mark.parametrize("classes", [1_000, 30_000, 100_000, 10_000_000, 50_000_000])
def test_a_straight_line_is_recovered_exactly(classes):
    found = curve(straight).at(classes)
    assert found.value == pytest.approx(straight(classes), rel=1e-12)
    if classes > SIZES[0]:
        assert found.low == pytest.approx(found.value) and found.high == pytest.approx(found.value)


@pytest.mark.parametrize("power", [0.8, 0.93, 1.05, 1.15])
def test_the_error_covers_a_truth_that_bends(power):
    bent = curve(lambda classes: 3 + 1e-4 * classes**power, spread=0.01)
    for classes in (2_000_000, 10_000_000, 100_000_000):
        value, low, high = bent.at(classes)
        assert low < 3 + 1e-4 * classes**power < high
        assert low < value < high


def test_what_was_measured_stays_and_a_basis_is_given():
    found = curve(straight, spread=0.02)
    assert found.at(100_000) == Range(straight(100_000), 0.98 * straight(100_000), 1.02 * straight(100_000))
    bases = [found.basis(classes) for classes in (5_000, 10_000, 20_000, 1_000_000, 1_000_001)]
    assert bases == [Basis.BEYOND, Basis.MEASURED, Basis.BETWEEN, Basis.MEASURED, Basis.BEYOND]


def test_a_single_size_is_not_extrapolated():
    found = curve(straight, sizes=(10_000,))
    assert (found.error, found.rise) == (None, None)
    assert found.at(10_000).value == straight(10_000) and found.at(20_000) is None and found.at(5_000) is None
    assert Curve.through([]) is None and Curve.through([Point(5, Range(0.0, 0.0, 0.0))]) is None


def test_of_two_sizes_the_error_is_that_of_a_proportion():
    found = curve(lambda classes: 10 + 1e-3 * classes, sizes=(10_000, 100_000))
    assert found.error == pytest.approx(180 / 90)
    assert found.at(1_000_000) == pytest.approx((1010, 110 + 900 / 2, 110 + 900 * 2))
    assert found.at(10_000_000) == pytest.approx((10010, 110 + 9900 / 4, 110 + 9900 * 4))


@pytest.mark.parametrize(
    ("values", "error"), [((5.0, 5.0, 5.0), 1.0), ((5.0, 4.0, 9.0), 10.0), ((1.0, 9.0, 9.0), 10.0)]
)
def test_points_that_disagree_on_growth_are_uncertain(values, error):
    assert curve(dict(zip(SIZES, values, strict=True)).get).error == error


def test_beyond_the_largest_memory_grows_as_declared():
    noisy = {10_000: 9e6, 100_000: 104e6}  # 1,000 bytes a class and something on top
    found = curve(noisy.get, sizes=tuple(noisy), declared=lambda classes: 1000.0 * classes)
    assert found.rise == 1000 and found.error == pytest.approx(95 / 90)
    assert found.at(1_000_000).value == pytest.approx(1004e6)


@pytest.mark.parametrize("values", [(2.0, 1.0, 30.0), (5.0, 40.0, 39.0), (1.0, 100.0, 101.0)])
def test_ranges_are_in_order_and_nothing_is_negative_or_falls_where_nothing_was_measured(values):
    found = curve(dict(zip(SIZES, values, strict=True)).get, spread=0.05)
    for outside in ((10, 100, 1_000, 9_999), (1_000_001, 3_000_000, 10_000_000, 10**8)):
        ranges = [found.at(classes) for classes in outside]
        assert all(0 <= low <= value <= high for value, low, high in ranges)
        assert all(b.value >= a.value for a, b in itertools.pairwise(ranges))
