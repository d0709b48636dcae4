"""Two machines ran the default profile with the same split and seeds: what one decides, the other does not deny."""

from pathlib import Path

import pytest

from tests.summary.made_up import HARD, summary_of
from workflow.summary.claims import judge
from workflow.summary.machines import between, comparable, contradictions
from workflow.summary.reading import read_summary
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Verdict

PUBLISHED = Path(__file__).parents[2] / "results/published/cpu-xeon-2-cores/summary.json"
SECOND = Path(__file__).with_name("second_machine.json")
"""The scores of a default run on an EPYC, as measured, without curves and costs."""


@pytest.fixture(scope="module")
def runs() -> tuple[Summary, Summary]:
    return read_summary(PUBLISHED), read_summary(SECOND)


def test_no_two_decided_verdicts_on_a_score_contradict(runs: tuple[Summary, Summary]) -> None:
    assert comparable(*runs) and contradictions(*runs).empty


def test_no_two_decided_verdicts_on_a_claim_contradict(runs: tuple[Summary, Summary]) -> None:
    decided = {Verdict.REPRODUCED, Verdict.REFUTED}
    pairs = list(zip(*(judge(summary) for summary in runs), strict=True))
    assert len(pairs) == 22
    both = [(one, other) for one, other in pairs if {one.verdict, other.verdict} <= decided]
    assert all(one.verdict == other.verdict for one, other in both)
    outside = [one.claim.id for one, other in pairs if Verdict.OUTSIDE in (one.verdict, other.verdict)]
    assert outside and all(one.verdict == other.verdict for one, other in pairs if one.claim.id in outside), (
        "a regime is of the run, not of the machine"
    )


def test_a_contradiction_is_found() -> None:
    up = summary_of([("fc", 1.0, {HARD: [0.90, 0.901]}), ("dcq", 0.1, {HARD: [0.95, 0.951]})])
    down = summary_of([("fc", 1.0, {HARD: [0.90, 0.901]}), ("dcq", 0.1, {HARD: [0.85, 0.851]})])
    found = contradictions(up, down)
    assert list(found.index) == [(HARD, "dcq r 0.1")] and list(found.iloc[0]) == ["higher", "lower"]
    assert contradictions(up, up).empty and not comparable(up, down), "their data are not known to be the same"


def test_machines_lie_no_farther_apart_than_seeds(runs: tuple[Summary, Summary]) -> None:
    """The distance of the headline scores is that which the spread over seeds makes, within a factor of two."""
    lines = between(*runs)
    for score in (HARD, "identification/rank1@10000", "closed/rank1", "allpairs/tar@0.0001"):
        assert lines.at[score, "rows"] == 7 and lines.at[score, "distance"] < 2 * lines.at[score, "expected"], score


def test_distances_by_hand() -> None:
    one = summary_of([("fc", 1.0, {HARD: [0.90, 0.92]}), ("dcq", 0.1, {HARD: [0.95, 0.97]})])
    other = summary_of([("fc", 1.0, {HARD: [0.88, 0.90]}), ("dcq", 0.1, {HARD: [0.96, 0.98]})])
    line = between(one, other).loc[HARD]
    assert line["shift"] == pytest.approx(0.005) and line["distance"] == pytest.approx((0.0005 / 2) ** 0.5)
    assert line["deviation"] == pytest.approx(0.0002**0.5) and line["expected"] == pytest.approx(0.0002**0.5)
