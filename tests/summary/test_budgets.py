import pytest

from tests.records.plan import LEVEL, STEP_MS
from tests.summary.made_up import HARD, summary_of
from workflow.summary.budgets import at_equal
from workflow.summary.summary import Summary


def test_budgets_are_the_largest_that_all_reached(summary: Summary) -> None:
    steps, encoded, seconds = at_equal(summary, HARD)
    assert (steps.axis, steps.size) == ("step", 600)
    assert (encoded.axis, encoded.size) == ("encoded", 600 * 256)
    assert (seconds.axis, seconds.size) == ("seconds", pytest.approx(600 * min(STEP_MS.values()) / 1000))
    assert list(steps.reached.index) == list(summary.heads["name"])


def test_a_row_has_its_last_value_within_the_budget(summary: Summary) -> None:
    steps, encoded, _ = at_equal(summary, HARD)
    progress = summary.progress
    own = progress[(progress["name"] == "dcq r 0.1") & (progress["score"] == HARD)]
    # dcq encodes two images for each with a gradient: the budget ends at half of its steps.
    for found, step in ((steps, 600), (encoded, 300)):
        at = own[own["step"] == step].set_index("seed")["value"]
        line = found.reached.loc["dcq r 0.1"]
        assert (line["n"], line["min"], line["max"]) == (2, at.min(), at.max())
    assert abs(steps.reached.loc["dcq r 0.1", "mean"] - LEVEL["dcq"]) < 0.03


def test_runs_that_diverged_and_rows_without_curves_count_for_nothing(summary: Summary) -> None:
    assert at_equal(summary, HARD)[0].reached.loc["f2c r 0.1", "n"] == 1
    assert at_equal(summary_of([("fc", 1.0, {HARD: [0.9]})]), HARD) == []
