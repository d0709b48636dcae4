import pandas as pd
import pytest

from tests.summary.made_up import HARD, cost, summary_of, timing
from workflow.summary.answers import (
    ByMemory,
    ByScore,
    BySpeed,
    ByTrade,
    Placed,
    Question,
    Unanswered,
    answers,
    coordinates,
    pareto,
)
from workflow.summary.summary import Summary


def best_of(summary: Summary, place: int = 0) -> ByScore:
    found = answers(summary)[place]
    assert isinstance(found, ByScore)
    return found


def names(rows: tuple[Placed, ...]) -> list[str]:
    return [row.name for row in rows]


def test_rows_that_cannot_be_told_apart_share_the_answer() -> None:
    rows = [("fc", 1.0, {HARD: [0.95, 0.96]}), ("dcq", 0.1, {HARD: [0.955, 0.962]}), ("f2c", 0.1, {HARD: [0.8, 0.81]})]
    found = best_of(summary_of(rows))
    assert (names(found.best), names(found.behind), found.one_seed) == (["dcq r 0.1", "fc"], ["f2c r 0.1"], ())
    assert found.winner is None and found.best[0].n == 2 and found.best[0].mean == pytest.approx(0.9585)
    assert found.behind[0].gap and found.behind[0].gap.verdict == "lower"
    assert [entry.question for entry in answers(summary_of(rows))] == list(Question)


def test_a_winner_is_named_only_where_it_is_one() -> None:
    rows = [("fc", 1.0, {HARD: [0.90, 0.91]}), ("dcq", 0.1, {HARD: [0.97, 0.98]})]
    assert best_of(summary_of(rows)).winner == "dcq r 0.1"
    alone = [*rows, ("f2c", 0.1, {HARD: [0.5]})]
    found = best_of(summary_of(alone))
    assert found.winner is None and names(found.best) == ["dcq r 0.1"] and names(found.one_seed) == ["f2c r 0.1"]
    assert best_of(summary_of(rows[:1])).winner is None, "one row beats nobody"


def test_one_seed_is_too_few_to_tell() -> None:
    found = best_of(summary_of([("fc", 1.0, {HARD: [0.95]}), ("dcq", 0.1, {HARD: [0.99]})]))
    assert found.best == found.behind == () and names(found.one_seed) == ["dcq r 0.1", "fc"] and found.winner is None


def test_the_fastest_shares_its_place_where_ranges_overlap() -> None:
    rows = [(head, 1.0, {HARD: [0.9]}) for head in ("fc", "a", "b", "c")]
    costs = [timing("fc", 1.0, 130.0), timing("a", 1.0, 100.0), timing("b", 1.0, 102.0)]
    found = answers(summary_of(rows, costs))[4]
    assert isinstance(found, BySpeed) and (found.name, found.ties) == ("a", ("b",))
    assert (found.images_per_second, found.p10_ms, found.p90_ms, found.classes) == (2560, 98, 102, 5000)


def test_a_disturbed_timing_decides_neither_the_fastest_nor_the_trade() -> None:
    """A row that was slowed down may be the fastest: without its own speed none can be named."""
    rows = [(head, 1.0, {HARD: [0.9]}) for head in ("fc", "a")]
    found = answers(summary_of(rows, [timing("fc", 1.0, 100.0), timing("a", 1.0, 130.0, exclusive=False)]))
    assert found[4] == Unanswered(Question.FASTEST) and found[6] == Unanswered(Question.TRADE)


def test_the_smallest_is_measured_where_all_were_and_declared_else() -> None:
    rows = [(head, 1.0, {}) for head in ("fc", "a", "b")]
    measured = [cost(head, 1.0, 10_000, peak) for head, peak in (("fc", 1000), ("a", 500), ("b", 520))]
    found = answers(summary_of(rows, [*measured, cost("fc", 1.0, 10**6, 9000)]))[5]
    assert found == ByMemory(Question.SMALLEST, "a", ("b",), 500, 10_000, "device allocator")
    declared = answers(summary_of(rows, [cost(head, 1.0, 10_000, None) for head in ("fc", "a")]))[5]
    assert isinstance(declared, ByMemory) and (declared.bytes, declared.meter) == (100, None)


def test_pareto_leaves_out_what_is_beaten_in_both() -> None:
    levels = (("a", 0.9, 100.0), ("b", 0.8, 120.0), ("c", 0.7, 80.0))
    summary = summary_of(
        [(head, 1.0, {HARD: [level]}) for head, level, _ in levels],
        [timing(head, 1.0, milliseconds) for head, _, milliseconds in levels],
    )
    assert pareto(coordinates(summary)) == ["c", "a"]
    assert answers(summary)[6] == ByTrade(Question.TRADE, ("c", "a"), 3)


def test_rows_at_the_same_place_beat_each_other_in_nothing() -> None:
    places = pd.DataFrame({"images_per_second": [10.0, 10.0, 9.0], "accuracy": [0.9, 0.9, 0.9]}, index=["a", "b", "c"])
    assert pareto(places) == ["a", "b"]


def test_no_cost_and_no_score_are_said_by_question() -> None:
    found = answers(summary_of([("fc", 1.0, {})]))
    scores = [HARD, "allpairs/tar@0.0001", "identification/rank1", "closed/rank1/few"]
    assert [getattr(entry, "score", None) for entry in found[:4]] == scores
    assert all(isinstance(entry, Unanswered) for entry in found)
