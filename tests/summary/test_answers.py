import pandas as pd

from tests.summary.made_up import HARD, cost, summary_of, timing
from workflow.summary.answers import (
    ByMemory,
    ByScore,
    BySpeed,
    ByTrade,
    Question,
    Unanswered,
    answers,
    coordinates,
    pareto,
)


def test_answers_admit_ties() -> None:
    rows = [("fc", 1.0, {HARD: [0.95, 0.96]}), ("dcq", 0.1, {HARD: [0.955, 0.962]}), ("f2c", 0.1, {HARD: [0.9, 0.91]})]
    found = answers(summary_of(rows))
    assert isinstance(found[0], ByScore) and found[0].enough
    assert (found[0].name, found[0].ties, found[0].spread.n) == ("dcq r 0.1", ("fc",), 2)
    assert all(isinstance(entry, Unanswered) for entry in found[1:])
    assert [entry.question for entry in found] == list(Question)


def test_one_seed_is_too_few_to_tell() -> None:
    found = answers(summary_of([("fc", 1.0, {HARD: [0.95]}), ("dcq", 0.1, {HARD: [0.99]})]))[0]
    assert isinstance(found, ByScore) and not found.enough and found.ties == ("fc",)


def test_the_fastest_shares_its_place_where_ranges_overlap() -> None:
    rows = [(head, 1.0, {HARD: [0.9]}) for head in ("fc", "a", "b", "c")]
    costs = [timing("fc", 1.0, 130.0), timing("a", 1.0, 100.0), timing("b", 1.0, 102.0)]
    found = answers(summary_of(rows, costs))[3]
    assert isinstance(found, BySpeed) and (found.name, found.ties) == ("a", ("b",))
    assert (found.images_per_second, found.p10_ms, found.p90_ms, found.classes) == (2560, 98, 102, 5000)


def test_a_disturbed_timing_decides_neither_the_fastest_nor_the_trade() -> None:
    """A row that was slowed down may be the fastest: without its own speed none can be named."""
    rows = [(head, 1.0, {HARD: [0.9]}) for head in ("fc", "a")]
    found = answers(summary_of(rows, [timing("fc", 1.0, 100.0), timing("a", 1.0, 130.0, exclusive=False)]))
    assert found[3] == Unanswered(Question.FASTEST) and found[5] == Unanswered(Question.TRADE)


def test_the_smallest_is_measured_where_all_were_and_declared_else() -> None:
    rows = [(head, 1.0, {}) for head in ("fc", "a", "b")]
    measured = [cost(head, 1.0, 10_000, peak) for head, peak in (("fc", 1000), ("a", 500), ("b", 520))]
    found = answers(summary_of(rows, [*measured, cost("fc", 1.0, 10**6, 9000)]))[4]
    assert found == ByMemory(Question.SMALLEST, "a", ("b",), 500, 10_000, "device allocator")
    declared = answers(summary_of(rows, [cost(head, 1.0, 10_000, None) for head in ("fc", "a")]))[4]
    assert isinstance(declared, ByMemory) and (declared.bytes, declared.meter) == (100, None)


def test_pareto_leaves_out_what_is_beaten_in_both() -> None:
    levels = (("a", 0.9, 100.0), ("b", 0.8, 120.0), ("c", 0.7, 80.0))
    summary = summary_of(
        [(head, 1.0, {HARD: [level]}) for head, level, _ in levels],
        [timing(head, 1.0, milliseconds) for head, _, milliseconds in levels],
    )
    assert pareto(coordinates(summary)) == ["c", "a"]
    assert answers(summary)[5] == ByTrade(Question.TRADE, ("c", "a"), 3)


def test_rows_at_the_same_place_beat_each_other_in_nothing() -> None:
    places = pd.DataFrame({"images_per_second": [10.0, 10.0, 9.0], "accuracy": [0.9, 0.9, 0.9]}, index=["a", "b", "c"])
    assert pareto(places) == ["a", "b"]


def test_no_cost_and_no_score_are_said_by_question() -> None:
    found = answers(summary_of([("fc", 1.0, {})]))
    assert [getattr(entry, "score", None) for entry in found[:3]] == [HARD, "identification/rank1", "closed/rank1/few"]
    assert all(isinstance(entry, Unanswered) for entry in found)
