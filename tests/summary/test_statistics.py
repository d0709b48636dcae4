import pandas as pd
import pytest

from workflow.summary.statistics import compare, half_width, paired, reasons, spread
from workflow.summary.summary import Summary


@pytest.mark.parametrize(
    ("freedom", "expected"), [(1, 12.7062), (2, 4.3027), (30, 2.0423), (40, 2.0211), (120, 1.9799)]
)
def test_student_t_matches_the_printed_tables(freedom: int, expected: float) -> None:
    n = freedom + 1
    assert half_width(n**0.5, n) == pytest.approx(expected, abs=5e-5)


def test_interval_of_three_values_by_hand() -> None:
    # mean 0.92, deviation 0.02, half width 4.3027 * 0.02 / sqrt(3) = 0.049683
    found = spread({0: 0.90, 1: 0.92, 2: 0.94})
    assert (found.low, found.high) == pytest.approx((0.870317, 0.969683), abs=1e-6)


def test_one_value_has_no_interval_and_two_have_their_range() -> None:
    one, two = spread({0: 0.5}), spread({0: 0.5, 1: 0.6})
    assert (one.low, one.high, one.decisive) == (None, None, None)
    assert two.decisive == (0.5, 0.6)
    assert two.low is not None and two.high is not None and two.low < 0.5 and two.high > 0.6


def test_seeds_without_a_value_do_not_count_as_zero() -> None:
    found = spread({0: 0.8, 1: float("nan")})
    assert (found.n, found.mean, found.min, found.max, found.low, found.high) == (1, 0.8, 0.8, 0.8, None, None)
    assert found.values == {0: 0.8}
    assert spread({0: float("nan")}).mean is None


def test_differences_are_paired_by_seed() -> None:
    own, other = spread({0: 0.9, 1: 0.8, 2: 0.7}), spread({1: 0.75, 0: 0.84, 7: 0.1})
    difference = paired(*(pd.Series(found.values) for found in (own, other)))
    assert difference.values == pytest.approx({0: 0.06, 1: 0.05})
    assert difference.mean == pytest.approx(0.055)


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
    assert spread(dict(enumerate(values))).verdict == expected


def test_rows_are_compared_to_the_reference(summary: Summary) -> None:
    table = compare(summary, "closed/rank1")
    assert list(table.index) == list(summary.heads["name"])
    assert table.loc["fc", "verdict"] is None and table.loc["fc", "difference_n"] == 0
    assert table.loc["dcq r 0.1", "difference"] == pytest.approx(
        table.loc["dcq r 0.1", "mean"] - table.loc["fc", "mean"]
    )
    assert table.loc["f2c r 0.1", "n"] == 1 and table.loc["f2c r 0.1", "verdict"] == "one seed"


def test_reasons_of_good_runs_go_first(summary: Summary) -> None:
    assert reasons(summary, "f2c r 0.1", "centres/rank1") == ("this head learns no centres",)
    (diverged,) = reasons(summary, "f2c r 0.1", "closed/rank1")
    assert diverged.startswith("diverged: loss is NaN at step 210")
    assert reasons(summary, "fc", "closed/rank1") == ()
    assert reasons(summary, "fc", "never/computed") == ("the evaluation recorded no reason",)
