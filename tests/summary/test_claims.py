from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from tests.summary.made_up import HARD, Scores, cost, summary_of, timing
from workflow.summary.claims import Judgement, judge
from workflow.summary.effects import Gain, Lack, Ratio, Reach
from workflow.summary.rules import NoWorse, load_claims
from workflow.summary.stored import CostRow
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Verdict

Rows = Sequence[tuple[str, float, Scores]]


def judged(name: str, rows: Rows, costs: Sequence[CostRow] = ()) -> Judgement:
    return next(each for each in judge(summary_of(rows, costs)) if each.claim.id == name)


def test_every_claim_is_complete_and_stands_once() -> None:
    claims = load_claims()
    assert len({claim.id for claim in claims}) == len(claims) >= 12
    assert all(claim.paper and claim.statement and claim.source for claim in claims)


def test_margins_stand_in_the_file() -> None:
    margins = {claim.id: claim.rule.margin for claim in load_claims() if hasattr(claim.rule, "margin")}
    accuracy = {name: 0.005 for name in ("pfc-accuracy", "dcq-classes", "f2c-accuracy")}
    memory = {name: 0.05 for name in ("pfc-memory", "dcq-memory", "f2c-memory")}
    assert margins.items() >= {**accuracy, **memory, "dcq-few-shot": 0.01}.items()
    assert all(0 < margin < 1 for margin in margins.values())


@pytest.mark.parametrize(("key", "value", "message"), [("score", "closed/rankX", "is not the name of a score")])
def test_a_rule_with_a_misspelt_name_is_refused(key: str, value: str, message: str) -> None:
    rule = {"kind": "no_worse", "head": "dcq", "ratio": 0.1, "score": "closed/rank1", "margin": 0.005, key: value}
    with pytest.raises(ValidationError, match=message):
        NoWorse.model_validate(rule)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([0.885, 0.895], "contradicted"),
        ([0.962, 0.968], "reproduced"),
        ([0.915, 0.930], "undecided"),
        ([0.990], "undecided"),
        ([], "not measured here"),
    ],
)
def test_no_loss_of_accuracy(own: list[float], expected: str) -> None:
    rows = [("fc", 1.0, {HARD: [0.923, 0.931]}), ("partial_fc", 0.1, {HARD: own})]
    found = judged("pfc-accuracy", rows)
    assert found.verdict == expected and (found.lack == Lack.SCORE) == (not own)
    assert isinstance(found.effect, Gain) and (found.effect.difference.n if found.effect.difference else 0) == len(own)


def test_a_ratio_that_was_not_run_is_not_measured() -> None:
    rows = [("fc", 1.0, {HARD: [0.92, 0.93]}), ("partial_fc", 0.3, {HARD: [0.99, 0.99]})]
    found = judged("pfc-accuracy", rows)
    assert (found.verdict, found.row, found.lack) == (Verdict.ABSENT, None, Lack.ROW)


@pytest.mark.parametrize(
    ("many", "few", "expected"),
    [
        # The pilot's shape: a gain everywhere is no tail effect, however large it is.
        ([0.985, 0.986], [0.922, 0.923], "contradicted"),
        ([0.945, 0.946], [0.960, 0.961], "reproduced"),
        ([0.945, 0.975], [0.960, 0.930], "undecided"),
    ],
)
def test_a_tail_effect_needs_more_of_the_errors_removed_in_few(
    many: list[float], few: list[float], expected: str
) -> None:
    base = {"closed/rank1/many": [0.94, 0.94], "closed/rank1/few": [0.905, 0.905]}
    own = {"closed/rank1/many": many, "closed/rank1/few": few}
    assert judged("dcq-few-shot", [("fc", 1.0, base), ("dcq", 0.1, own)]).verdict == expected


def test_a_tail_effect_needs_both_groups() -> None:
    rows = [("fc", 1.0, {"closed/rank1/many": [0.9]}), ("dcq", 0.1, {"closed/rank1/many": [0.9]})]
    assert judged("dcq-few-shot", rows).lack == Lack.GROUPS


BOTH: Rows = [("fc", 1.0, {}), ("dcq", 0.1, {}), ("f2c", 0.1, {})]


def test_memory_is_compared_where_both_ran_and_never_by_declaration() -> None:
    ladder = [cost("fc", 1.0, 10_000, 500), cost("dcq", 0.1, 10_000, 100), cost("dcq", 0.1, 10**6, 9_000)]
    found = judged("dcq-memory", BOTH, ladder)
    assert found.verdict == "reproduced" and found.effect == Ratio(100, 500, 10_000, "device allocator")
    unmeasured = judged("dcq-memory", BOTH, [cost("fc", 1.0, 10_000, None), cost("dcq", 0.1, 10_000, None)])
    assert (unmeasured.verdict, unmeasured.lack) == ("not measured here", Lack.COST)
    assert unmeasured.effect == Ratio(100, 100, 10_000)


@pytest.mark.parametrize(
    ("own", "expected"), [(949, "reproduced"), (951, "undecided"), (1049, "undecided"), (1051, "contradicted")]
)
def test_five_percent_of_memory_decide(own: int, expected: str) -> None:
    costs = [cost("fc", 1.0, 10_000, 1000), cost("dcq", 0.1, 10_000, own)]
    assert judged("dcq-memory", BOTH, costs).verdict == expected


@pytest.mark.parametrize(("own", "expected"), [(90.0, "reproduced"), (100.5, "undecided"), (130.0, "contradicted")])
def test_faster_needs_ranges_that_do_not_overlap(own: float, expected: str) -> None:
    assert judged("f2c-speed", BOTH, [timing("fc", 1.0, 100.0), timing("f2c", 0.1, own)]).verdict == expected


def test_timings_that_were_not_exclusive_decide_nothing() -> None:
    costs = [timing("fc", 1.0, 100.0), timing("f2c", 0.1, 50.0, exclusive=False)]
    found = judged("f2c-speed", BOTH, costs)
    assert (found.verdict, found.lack) == ("not measured here", Lack.EXCLUSIVE)
    assert judged("f2c-speed", BOTH).lack == Lack.COST


def test_scale_is_decided_by_a_cell_that_ran_or_did_not_fit() -> None:
    ran = cost("partial_fc", 0.1, 10**7, 1)
    assert judged("pfc-scale", [], [ran]).verdict == "reproduced"
    lost = judged("pfc-scale", [], [ran.model_copy(update={"outcome": Ending.MEMORY})])
    assert (lost.verdict, lost.effect) == ("contradicted", Reach(10**7))
    short = judged("pfc-scale", [], [cost("partial_fc", 0.1, 10**6, 1)])
    assert (short.verdict, short.effect, short.lack) == ("not measured here", Reach(10**6), Lack.CLASSES)
    assert judged("pfc-scale", []).effect is None


@pytest.mark.parametrize(("peak", "expected"), [(8 * 10**9, "reproduced"), (9 * 10**9, "contradicted")])
def test_the_allocators_peak_stays_below_a_limit(peak: int, expected: str) -> None:
    whole = cost("dcq", 0.1, 100_000, peak, mode="end-to-end")
    assert judged("dcq-server", BOTH, [whole]).verdict == expected
    assert judged("dcq-server", BOTH, [whole.model_copy(update={"classes": 5000})]).lack == Lack.DEVICE


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ([0.010, 0.003], "undecided"),
        ([0.090, 0.085], "reproduced"),
        ([-0.090, -0.085], "contradicted"),
        ([-0.005, -0.002], "undecided"),
        ([0.084, 0.085, 0.086], "reproduced"),
    ],
)
def test_a_gain_within_noise_reproduces_nothing(gains: list[float], verdict: str) -> None:
    score = "identification/rank1"
    base, own = {score: [0.9, 0.904, 0.902][: len(gains)]}, {score: [0.9 + gain for gain in gains]}
    assert judged("dcq-long-tail", [("fc", 1.0, base), ("dcq", 0.1, own)]).verdict == verdict


def test_the_hardest_version_of_a_score_decides() -> None:
    easy, hard = "identification/rank1", "identification/rank1@1000"
    rows = [("fc", 1.0, {easy: [0.9, 0.9], hard: [0.5, 0.5]}), ("dcq", 0.1, {easy: [0.8, 0.8], hard: [0.6, 0.6]})]
    found = judged("dcq-long-tail", rows)
    assert found.verdict == "reproduced" and isinstance(found.effect, Gain) and found.effect.score == hard


def test_every_claim_on_made_up_records_has_a_verdict(summary: Summary) -> None:
    found = judge(summary)
    assert [each.claim.id for each in found] == [claim.id for claim in load_claims()]
    assert all((each.lack is not None) == (each.verdict == Verdict.ABSENT) for each in found)
