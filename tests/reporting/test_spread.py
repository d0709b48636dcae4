import pytest

from workflow.summary.old.spread import decisive_bounds, interval, paired, quantile, spread, student_t, verdict


@pytest.mark.parametrize(
    ("freedom", "expected"), [(1, 12.7062), (2, 4.3027), (30, 2.0423), (40, 2.0211), (120, 1.9799)]
)
def test_student_t_matches_the_printed_tables(freedom: int, expected: float) -> None:
    assert student_t(freedom) == pytest.approx(expected, abs=1e-4)


def test_interval_of_three_values_by_hand() -> None:
    # mean 0.92, deviation 0.02, half width 4.3027 * 0.02 / sqrt(3) = 0.049683
    assert interval([0.90, 0.92, 0.94]) == pytest.approx((0.870317, 0.969683), abs=1e-6)


def test_one_value_has_no_interval_and_two_have_their_range() -> None:
    one, two = spread({"0": 0.5}), spread({"0": 0.5, "1": 0.6})
    assert (one["low"], one["high"]) == (None, None)
    assert decisive_bounds(two) == (0.5, 0.6)
    assert two["low"] < 0.5 and two["high"] > 0.6


def test_seeds_without_a_value_do_not_count_as_zero() -> None:
    assert spread({"0": 0.8, "1": None}) == {
        "n": 1,
        "mean": 0.8,
        "min": 0.8,
        "max": 0.8,
        "low": None,
        "high": None,
        "values": {"0": 0.8},
    }
    assert spread({"0": None})["mean"] is None


def test_differences_are_paired_by_seed() -> None:
    difference = paired({"0": 0.9, "1": 0.8, "2": 0.7}, {"1": 0.75, "0": 0.84, "7": 0.1})
    assert difference["values"] == pytest.approx({"0": 0.06, "1": 0.05})
    assert difference["mean"] == pytest.approx(0.055)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], "not measured"),
        ([0.2], "one seed"),
        ([0.03, 0.02], "higher"),
        ([0.03, 0.009], "within noise"),
        ([-0.03, -0.02], "lower"),
        ([0.03, -0.02], "within noise"),
        ([0.03, 0.031, 0.032], "higher"),
        ([0.0, 0.03, -0.02], "within noise"),
        ([-0.004, -0.005, -0.006], "lower"),
    ],
)
def test_verdict_claims_no_more_than_the_seeds_allow(values: list[float], expected: str) -> None:
    assert verdict(spread({str(seed): value for seed, value in enumerate(values)})) == expected


def test_quantile_interpolates() -> None:
    assert quantile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.5
    assert quantile([1.0, 2.0], 0.9) == pytest.approx(1.9)
    assert quantile([7.0], 0.1) == 7.0
    assert quantile([], 0.5) is None
