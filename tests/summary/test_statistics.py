"""The one interval, held to simulated runs whose truth is known."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from tests.summary.made_up import HARD, summary_of
from workflow.evaluating.metrics import METRICS
from workflow.summary.critical import Sizes, dunnett_factor, tukey_factor
from workflow.summary.leaders import ranked
from workflow.summary.margins import margin_of
from workflow.summary.samples import Samples
from workflow.summary.statistics import apart, compare, difference, verdicts
from workflow.summary.summary import Summary, lines_of
from workflow.summary.vocabulary import Difference

ROWS = [f"row {number}" for number in range(7)]
RUNS = 400
CHANCE = 3.1 * (0.05 * 0.95 / RUNS) ** 0.5
"""By how much 5 % of RUNS may be exceeded by chance: 99.9 % of the time by less."""
POINTS = {
    HARD: (0.37, 0.13),
    "verification_random/accuracy": (0.05, 0.02),
    "allpairs/tar@0.0001": (1.9, 0.6),
    "identification/rank1@10000": (0.48, 0.2),
    "closed/rank1": (0.32, 0.15),
    "closed/rank1/few": (0.37, 0.15),
    "closed/rank1/many": (0.66, 0.35),
}
"""By score, in points: the deviation of a run over seeds and the class-bootstrap error of a difference, as measured."""


def simulated(
    seeds: int, s: float, b: float, gap: float = 0.0, rng: int = 0, names: Mapping[str, str] | None = None
) -> Samples:
    """RUNS independent runs of ROWS as that many scores; the last row is better by `gap` points, else all are equal.

    Each row's mean moves with the drawn test classes by b/√2, the same for all its seeds; its resamples say so.
    """
    generator = np.random.default_rng(rng)
    classes = generator.normal(0, b / 2**0.5, (len(ROWS), 1, RUNS))
    values = 90 + classes + generator.normal(0, s, (len(ROWS), seeds, RUNS))
    values[-1] += gap
    index = pd.MultiIndex.from_product([ROWS, range(seeds)], names=["name", "seed"])
    scores = [f"{HARD} {run}" for run in range(RUNS)]
    resamples = generator.normal(0, b / 2**0.5, (RUNS, 200, len(ROWS))) / 100
    replicates = {score: pd.DataFrame(lines, columns=ROWS) for score, lines in zip(scores, resamples, strict=True)}
    return Samples(pd.DataFrame(values.reshape(-1, RUNS) / 100, index, scores), replicates)


def against_first(found: Samples, factor: Callable[[Sizes], float] = dunnett_factor) -> pd.DataFrame:
    """Every row against the first."""
    return apart(found, pd.Series(ROWS[0], index=found.values.columns), factor)


def share_of_runs(lines: pd.DataFrame) -> float:
    """The share of simulated runs in which some row is called different from the first."""
    return float(lines["verdict"].isin([Difference.HIGHER, Difference.LOWER]).groupby("score").any().mean())


@pytest.mark.parametrize("seeds", [2, 5])
@pytest.mark.parametrize("score", list(POINTS))
def test_equal_heads_are_called_different_in_one_run_of_twenty_at_most(score: str, seeds: int) -> None:
    found = simulated(seeds, *POINTS[score], rng=100 * seeds + list(POINTS).index(score))
    assert share_of_runs(against_first(found)) <= 0.05 + CHANCE


@pytest.mark.parametrize("seeds", [2, 5])
@pytest.mark.parametrize("score", list(POINTS))
def test_a_gap_of_twice_the_printed_half_width_is_found(score: str, seeds: int) -> None:
    s, b = POINTS[score]
    printed = against_first(simulated(seeds, s, b))["half_width"].median()
    lines = lines_of(against_first(simulated(seeds, s, b, gap=200 * printed, rng=1)), "name", ROWS[-1])
    assert (lines["verdict"] == Difference.HIGHER).mean() >= 0.8


def test_all_simulated_scores_together_keep_the_error_rate() -> None:
    """Sharper than one score can be: 5,600 runs."""
    every = [(n, POINTS[score]) for score in POINTS for n in (2, 5)]
    shares = [share_of_runs(against_first(simulated(n, *at, rng=rng))) for rng, (n, at) in enumerate(every)]
    assert 0.01 < np.mean(shares) <= 0.05


def test_a_difference_that_the_classes_make_is_not_called_one_of_heads() -> None:
    """Without the part of the test classes the same runs cry wolf: the interval needs it, and has it."""
    found = simulated(5, *POINTS["closed/rank1/many"])
    blind = Samples(found.values, {})
    assert share_of_runs(against_first(blind)) > 2 * share_of_runs(against_first(found))


@pytest.mark.parametrize("seeds", [2, 5])
def test_equal_heads_share_the_first_place(seeds: int) -> None:
    """Tukey: at most one run of twenty puts any row behind the best, and a true gap leaves the best alone."""
    found = simulated(seeds, *POINTS[HARD], rng=3)
    behind = apart(found, found.means.idxmax(), tukey_factor)["verdict"] == Difference.LOWER
    behind = behind.groupby("score", sort=False).any()
    assert behind.mean() <= 0.05 + CHANCE
    for score in [*behind.index[behind][:2], *behind.index[~behind][:2]]:
        assert ranked(found.only([score]), score)["behind"].any() == behind[score]
    clear = simulated(seeds, *POINTS[HARD], gap=5.0)
    score = str(clear.values.columns[0])
    order = ranked(clear.only([score]), score)
    assert order.index[0] == ROWS[-1] and not order["behind"].iloc[0] and order["behind"].iloc[1:].all()


def test_a_score_that_is_better_low_is_led_by_the_lowest() -> None:
    found = simulated(5, *POINTS[HARD], gap=-5.0)
    score = str(found.values.columns[0])
    order = ranked(found.only([score]), score, better="low")
    assert order.index[0] == ROWS[-1] and order["behind"].iloc[1:].all()


def test_the_deviation_is_pooled_over_all_rows_with_two_seeds() -> None:
    """By hand: variances 0.0002 (1 degree of freedom), 0.0001 (2) and a row of one seed: √((0.0002 + 0.0002) / 3)."""
    rows = [("fc", 1.0, {HARD: [0.90, 0.92]}), ("a", 1.0, {HARD: [0.93, 0.94, 0.95]}), ("b", 1.0, {HARD: [0.5]})]
    lines = compare(summary_of(rows), HARD)
    assert lines.at["a", "seeds_se"] == pytest.approx((0.0004 / 3 * (1 / 2 + 1 / 3)) ** 0.5)
    assert lines.at["a", "half_width"] == pytest.approx(3.182446 * lines.at["a", "seeds_se"])
    assert lines.at["b", "verdict"] == Difference.ONE_SEED and np.isnan(lines.at["b", "half_width"])


def test_the_part_of_the_classes_enters_the_half_width() -> None:
    base = summary_of([("fc", 1.0, {HARD: [0.90, 0.92]}), ("a", 1.0, {HARD: [0.91, 0.93]})])
    draws = np.random.default_rng(0).normal(0, 0.003, (2, 200))
    resampled = {HARD: {"fc": list(0.91 + draws[0]), "a": list(0.92 + draws[0] + draws[1])}}
    both = summary_of([("fc", 1.0, {HARD: [0.90, 0.92]}), ("a", 1.0, {HARD: [0.91, 0.93]})], resampled=resampled)
    alone, found = difference(base, "a", HARD), difference(both, "a", HARD)
    assert alone and found and alone.classes_se is None and alone.seeds_se and alone.half_width and found.half_width
    assert found.classes_se == pytest.approx(np.std(draws[1], ddof=1)), "what both rows share does not count"
    assert found.half_width == pytest.approx(alone.half_width * (1 + (found.classes_se / alone.seeds_se) ** 2) ** 0.5)


@pytest.mark.parametrize(
    ("gap", "half", "expected"),
    [
        (float("nan"), float("nan"), "not measured"),
        (0.2, float("nan"), "one seed"),
        (0.006, 0.005, "higher"),
        (-0.006, 0.005, "lower"),
        (0.002, 0.003, "equivalent"),
        (0.002, 0.0031, "cannot be told apart"),
        (-0.002, 0.003, "equivalent"),
    ],
)
def test_an_interval_says_no_more_than_it_holds(gap: float, half: float, expected: str) -> None:
    line = pd.DataFrame({"difference": [gap], "half_width": [half], "margin": [0.005]})
    assert verdicts(line) == [expected]


def test_needed_seeds_narrow_the_interval_to_the_margin() -> None:
    """Simulated again with two seeds more the half-width is within the margin, with two fewer it is not."""
    lines = against_first(simulated(2, 0.37, 0.1))
    needed = int(lines["needed"].median())
    assert 5 <= needed <= 12
    widths = [against_first(simulated(n, 0.37, 0.1))["half_width"].median() for n in (needed - 2, needed + 2)]
    assert widths[0] > margin_of(HARD) > widths[1]


def test_where_the_classes_limit_no_number_of_seeds_is_enough() -> None:
    lines = against_first(simulated(5, 0.37, 0.35)).drop(index=ROWS[0], level="name")
    open_ = lines[(lines["verdict"] == Difference.UNDECIDED)]
    assert (
        np.isinf(open_["needed"]).mean() > 0.9
        and lines.loc[lines["verdict"] == Difference.HIGHER, "needed"].isna().all()
    )


def test_multipliers_are_those_of_printed_tables() -> None:
    """Dunnett (1964), two-sided 5 %, 6 comparisons: 2.71 at 30 and 3.25 at 8 degrees of freedom ± quadrature."""
    assert dunnett_factor((5,) * 7) == pytest.approx(2.73, abs=0.02)
    assert dunnett_factor((5, 5)) == pytest.approx(2.306, abs=0.001)
    assert tukey_factor((5,) * 4) == pytest.approx(4.046 / 2**0.5, abs=0.001)


def test_the_same_sizes_give_the_same_multiplier_in_every_process() -> None:
    first = dunnett_factor((2, 2, 2))
    dunnett_factor.cache_clear()
    assert dunnett_factor((2, 2, 2)) == first


def test_every_score_has_a_margin_of_its_own_size() -> None:
    assert all(0 < margin_of(name) <= 0.03 for name in METRICS)
    assert margin_of("allpairs/tar@0.0001") == 4 * margin_of(HARD) and margin_of("closed/rank1/many") == 0.01
    assert margin_of("verification_hard/auc") < margin_of(HARD), "a share of ordered pairs hardly moves"


def test_rows_are_compared_to_the_reference(summary: Summary) -> None:
    table = compare(summary, "closed/rank1")
    assert list(table.index) == list(summary.heads["name"])
    assert table.loc["fc", "verdict"] is None and table.loc["fc", "pairs"] == 2
    assert table.loc["dcq r 0.1", "difference"] == pytest.approx(
        table.loc["dcq r 0.1", "mean"] - table.loc["fc", "mean"]
    )
    assert table.loc["f2c r 0.1", "n"] == 1 and table.loc["f2c r 0.1", "verdict"] == "one seed"
    assert difference(summary, "fc", "closed/rank1") is None and not compare(summary, "never/computed")["n"].any()
