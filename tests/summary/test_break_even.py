"""From which number of classes on a row costs less than the reference, where the truth is known."""

import pytest

from tests.summary.steps import DCQ, FC, PARTIAL, alone, measured, summary_with, whole
from workflow.summary.break_even import BreakEven, Crossing, break_evens
from workflow.summary.growth import Basis


def found(costs) -> dict[tuple[str, str], BreakEven]:
    return {(each.name, each.quantity): each for each in break_evens(summary_with(costs))}


def test_a_break_even_is_where_both_cost_the_same() -> None:
    at = found(measured((FC, PARTIAL, DCQ)))["dcq r 0.1", "time"]
    truth = (DCQ.rest + DCQ.fixed - FC.rest - FC.fixed) / (FC.per_class - DCQ.per_class)
    assert 10_000 < truth < 100_000 and at.crossing == Crossing.AT and at.reference == "fc"
    assert (at.classes, at.low, at.high) == pytest.approx((truth, truth, truth), rel=1e-3)
    assert at.basis == Basis.BETWEEN


def test_a_break_even_beyond_what_was_measured_says_so() -> None:
    slow = DCQ._replace(rest=5_000.0)
    at = found(measured((FC, slow)))["dcq r 0.1", "time"]
    truth = (slow.rest + slow.fixed - FC.rest - FC.fixed) / (FC.per_class - slow.per_class)
    assert truth > 1_000_000 and at.classes == pytest.approx(truth, rel=1e-3) and at.basis == Basis.BEYOND


def test_the_interval_covers_the_truth_and_is_as_wide_as_the_timings() -> None:
    at = found(measured((FC, DCQ), spread=0.02))["dcq r 0.1", "time"]
    assert at.low < at.classes < at.high
    narrow = found(measured((FC, DCQ), spread=0.01))["dcq r 0.1", "time"]
    assert at.low < narrow.low < narrow.high < at.high


def test_a_row_that_is_always_or_never_cheaper_is_typed() -> None:
    all_of_them = found(measured((FC, PARTIAL, DCQ)))
    assert all_of_them["partial_fc r 0.1", "time"].crossing == Crossing.BELOW
    assert all_of_them["dcq r 0.1", "memory"].crossing == Crossing.BELOW
    equal = all_of_them["partial_fc r 0.1", "memory"]
    assert (equal.crossing, equal.classes, equal.low, equal.high) == (Crossing.NEVER, None, None, None)
    dear = DCQ._replace(per_class=3e-3)
    assert found(measured((FC, dear)))["dcq r 0.1", "time"].crossing == Crossing.NEVER


def test_a_disturbed_timing_decides_no_time_and_leaves_memory() -> None:
    costs = [cost.model_copy(update={"exclusive": cost.name != "fc"}) for cost in measured((FC, DCQ))]
    both = found(costs)
    assert both["dcq r 0.1", "time"].crossing == Crossing.DISTURBED
    assert both["dcq r 0.1", "memory"].crossing == Crossing.BELOW


def test_one_size_or_no_whole_step_decides_nothing() -> None:
    assert (
        found([whole(FC), whole(DCQ), alone(FC, 10_000), alone(DCQ, 10_000)])["dcq r 0.1", "time"].crossing
        == Crossing.UNKNOWN
    )
    assert (
        found([*measured((FC,)), alone(DCQ, 10_000), alone(DCQ, 100_000)])["dcq r 0.1", "time"].crossing
        == Crossing.UNKNOWN
    )
    assert break_evens(summary_with([])) == []
