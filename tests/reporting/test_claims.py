from typing import Any

import pytest

from workflow.summary.old.answers import answers, pareto
from workflow.summary.old.claims import RULES, judge, load_claims
from workflow.summary.old.spread import paired, spread

HARD = "verification_hard/accuracy"
NAMES = (HARD, "closed/rank1/many", "closed/rank1/few")


def row(head: str, ratio: float, values: dict[str, list[float]], base: dict[str, list[float]] | None) -> dict[str, Any]:
    """A row of a summary from scores by seed."""
    by_seed = {name: {str(seed): value for seed, value in enumerate(found)} for name, found in values.items()}
    other = {name: {str(seed): value for seed, value in enumerate(found)} for name, found in (base or {}).items()}
    return {
        "name": head if ratio == 1 else f"{head} r {ratio:g}",
        "label": head,
        "head": head,
        "ratio": ratio,
        "reference": base is None,
        "scores": {name: spread(found) for name, found in by_seed.items()},
        "difference": {name: paired(found, other[name]) for name, found in by_seed.items() if base},
        "cost": None,
    }


def cost(head: str, ratio: float, classes: int, peak: int | None, mode: str = "head", **more: Any) -> dict[str, Any]:
    name = head if ratio == 1 else f"{head} r {ratio:g}"
    record = {"mode": mode, "label": head, "head": head, "ratio": ratio, "name": name, "classes": classes}
    record |= {"outcome": "ok", "peak_bytes": peak, "peak_meter": "device allocator", "exclusive": True}
    return record | {"memory": {"declared_state_bytes": 100, "allocator_peak_bytes": peak}} | more


def timing(head: str, ratio: float, milliseconds: float, **more: Any) -> dict[str, Any]:
    steps = {"median": milliseconds, "p10": 0.98 * milliseconds, "p90": 1.02 * milliseconds}
    rates = {"gradient": 256_000 / milliseconds, "encoded": 256_000 / milliseconds}
    return cost(head, ratio, 5000, None, "end-to-end", step_ms=steps, images_per_second=rates, **more)


def claim(name: str) -> dict[str, Any]:
    return next(claim for claim in load_claims() if claim["id"] == name)


def judged(name: str, rows: list[dict[str, Any]], costs: list[dict[str, Any]] | None = None) -> str:
    return judge(claim(name), {"rows": rows, "costs": costs or []})["verdict"]


def test_every_claim_is_complete_and_its_rule_exists() -> None:
    for entry in load_claims():
        assert {"id", "paper", "statement", "source", "quantity", "rule"} <= set(entry)
        assert entry["rule"]["kind"] in RULES


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([0.905, 0.925], "not reproduced"),
        ([0.922, 0.928], "reproduced"),
        ([0.915, 0.930], "inconclusive"),
        ([0.990], "inconclusive"),
        ([], "not measured here"),
    ],
)
def test_no_loss_of_accuracy(own: list[float], expected: str) -> None:
    base = {HARD: [0.923, 0.931]}
    rows = [row("fc", 1.0, base, None), row("partial_fc", 0.1, {HARD: own}, base)]
    assert judged("pfc-accuracy", rows) == expected


def test_a_ratio_that_was_not_run_is_not_measured() -> None:
    base = {HARD: [0.92, 0.93]}
    rows = [row("fc", 1.0, base, None), row("partial_fc", 0.3, {HARD: [0.99, 0.99]}, base)]
    verdict = judge(claim("pfc-accuracy"), {"rows": rows, "costs": []})
    assert (verdict["verdict"], verdict["effect"]) == ("not measured here", "partial_fc r 0.1 is not in this run")


@pytest.mark.parametrize(
    ("many", "few", "expected"),
    [
        # The pilot's shape: a gain everywhere is no tail effect, however large it is.
        ([0.964, 0.965], [0.942, 0.943], "not reproduced"),
        ([0.945, 0.946], [0.960, 0.961], "reproduced"),
        ([0.945, 0.975], [0.960, 0.930], "inconclusive"),
    ],
)
def test_a_tail_effect_needs_more_of_the_errors_removed_in_few(
    many: list[float], few: list[float], expected: str
) -> None:
    base = {"closed/rank1/many": [0.94, 0.94], "closed/rank1/few": [0.905, 0.905]}
    own = {"closed/rank1/many": many, "closed/rank1/few": few}
    assert judged("dcq-few-shot", [row("fc", 1.0, base, None), row("dcq", 0.1, own, base)]) == expected


def test_memory_is_compared_where_both_ran_and_never_by_declaration() -> None:
    rows = [row("fc", 1.0, {}, None), row("dcq", 0.1, {}, {})]
    ladder = [cost("fc", 1.0, 10_000, 500), cost("dcq", 0.1, 10_000, 100), cost("dcq", 0.1, 10**6, 9_000)]
    assert judged("dcq-memory", rows, ladder) == "reproduced"
    unmeasured = [cost("fc", 1.0, 10_000, None), cost("dcq", 0.1, 10_000, None)]
    assert judged("dcq-memory", rows, unmeasured) == "not measured here"


@pytest.mark.parametrize(
    ("own", "expected"), [(90.0, "reproduced"), (100.5, "inconclusive"), (130.0, "not reproduced")]
)
def test_faster_needs_ranges_that_do_not_overlap(own: float, expected: str) -> None:
    rows = [row("fc", 1.0, {}, None), row("f2c", 0.1, {}, {})]
    assert judged("f2c-speed", rows, [timing("fc", 1.0, 100.0), timing("f2c", 0.1, own)]) == expected


def test_timings_that_were_not_exclusive_decide_nothing() -> None:
    rows = [row("fc", 1.0, {}, None), row("f2c", 0.1, {}, {})]
    costs = [timing("fc", 1.0, 100.0), timing("f2c", 0.1, 50.0, exclusive=False)]
    assert judged("f2c-speed", rows, costs) == "not measured here"


def test_scale_is_decided_by_a_cell_that_ran_or_did_not_fit() -> None:
    ran = cost("partial_fc", 0.1, 10**7, 1)
    assert judged("pfc-scale", [], [ran]) == "reproduced"
    assert judged("pfc-scale", [], [ran | {"outcome": "out of memory"}]) == "not reproduced"
    assert judged("pfc-scale", [], [cost("partial_fc", 0.1, 10**6, 1)]) == "not measured here"


def test_answers_admit_ties() -> None:
    base = {HARD: [0.95, 0.96]}
    rows = [row("fc", 1.0, base, None), row("dcq", 0.1, {HARD: [0.955, 0.962]}, base)]
    rows.append(row("f2c", 0.1, {HARD: [0.90, 0.91]}, base))
    found = answers({"rows": rows, "costs": []})
    assert found[0]["names"] == ["dcq r 0.1"] and found[0]["ties"] == ["fc"]
    assert found[0]["tie_words"] == "within noise of"
    assert [entry["names"] for entry in found[1:]] == [[]] * 5
    assert all(entry["detail"].startswith("not measured") for entry in found[1:])


def test_pareto_leaves_out_what_is_beaten_in_both() -> None:
    rows = [row(head, 1.0, {HARD: [level]}, None) for head, level in (("a", 0.9), ("b", 0.8), ("c", 0.7))]
    for entry, milliseconds in zip(rows, (100.0, 120.0, 80.0), strict=True):
        entry["cost"] = timing(entry["head"], 1.0, milliseconds)
    assert pareto(rows) == ["c", "a"]


def test_caveats_stand_beside_the_made_up_verdicts(summary: dict[str, Any]) -> None:
    assert "Short runs: 600 steps are 8.4 passes" in summary["caveats"][0]
    assert {entry["verdict"] for entry in summary["claims"]} <= {
        "reproduced",
        "not reproduced",
        "inconclusive",
        "not measured here",
    }


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ([0.010, 0.003], "inconclusive"),
        ([0.020, 0.015], "reproduced"),
        ([-0.020, -0.015], "not reproduced"),
        ([-0.005, -0.002], "inconclusive"),
        ([0.004, 0.005, 0.006], "reproduced"),
    ],
)
def test_a_gain_within_noise_reproduces_nothing(gains: list[float], verdict: str) -> None:
    score = "identification/rank1"
    base = {score: [0.9] * len(gains)}
    rows = [row("fc", 1, base, None), row("dcq", 0.1, {score: [0.9 + gain for gain in gains]}, base)]
    assert judged("dcq-long-tail", rows) == verdict
