"""Claims about scores: each comparison by the one interval of statistics.py.

Against the run's reference that is Dunnett's, the same as in the tables; a claim about two other rows is a comparison
planned beforehand, and has Student's; several rows among themselves have Tukey's.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import combinations

import numpy as np
import pandas as pd

from workflow.summary.critical import Sizes, dunnett_factor, narrowing, seeds_for, student_factor, tukey_factor
from workflow.summary.effects import Gain, Lack
from workflow.summary.judging.ruling import Ruling, side_of, together
from workflow.summary.matching import find_all
from workflow.summary.regime import unmet
from workflow.summary.rules import REFERENCE, AccuracyRule, Better, Flat, NoWorse, Regime, Tail, margin_in
from workflow.summary.samples import Samples, hardest, samples
from workflow.summary.statistics import apart, contrast_of, sizes_of
from workflow.summary.summary import Summary, line_of, lines_of
from workflow.summary.tail import excess
from workflow.summary.vocabulary import Verdict

Factor = Callable[[Sizes], float]


def judge_scores(rule: AccuracyRule, regime: Regime, summary: Summary) -> Ruling:
    """The ruling on a claim about scores; outside its regime the differences are told, and not judged."""
    others = () if isinstance(rule, Flat) else rule.against if isinstance(rule, NoWorse | Better) else (REFERENCE,)
    (own, base), missing = find_all(summary, rule.rows, others)
    if missing:
        return Ruling(Verdict.ABSENT, lack=Lack.ROW, missing=missing)
    gains = every_gain(rule, own, base, summary)
    if any(gain is None for gain in gains) or not gains:
        return Ruling(Verdict.ABSENT, lack=Lack.SCORE)
    effects = tuple(gain for gain in gains if gain)
    outside = unmet(regime, summary, own)
    if outside:
        return Ruling(Verdict.OUTSIDE, effects, unmet=outside)
    return Ruling(together(verdict_on(rule, gain) for gain in effects), effects)


def every_gain(rule: AccuracyRule, own: list[str], base: list[str], summary: Summary) -> list[Gain | None]:
    """All differences that a rule speaks of; None for one that was not measured."""
    found = samples(summary)
    if isinstance(rule, Tail):
        groups = excess(found, rule.score, rule.more, rule.less)
        return [gain_of(groups, str(groups.values.columns[0]), row, base[0], summary, rule) for row in own]
    scores = [hardest(summary, score) for score in rule.scores]
    if isinstance(rule, Flat):
        among = found.only([score for score in scores if score in found.values], own)
        return [gain_of(among, score, *pair, summary, rule) for score in scores for pair in combinations(own, 2)]
    pairs = [(row, other) for row in own for other in base if row != other]
    return [gain_of(found, score, row, other, summary, rule) for score in scores for row, other in pairs]


def gain_of(found: Samples, score: str, row: str, other: str, summary: Summary, rule: AccuracyRule) -> Gain | None:
    """The difference of two rows in a score; None where either has no value."""
    if score not in found.values or not {row, other} <= set(found.counts.index):
        return None
    factor = tukey_factor if isinstance(rule, Flat) else dunnett_factor if other == summary.reference else planned
    lines = differences(found, score, other, factor)
    if not line_of(lines, row)["n"]:
        return None
    gain = Gain(row, other, score, contrast_of(line_of(lines, row)))
    return Gain(row, other, score, gain.difference, seeds_to_decide(rule, gain, found, factor))


@lru_cache(maxsize=64)
def differences(found: Samples, score: str, other: str, factor: Factor) -> pd.DataFrame:
    """Every row's difference to another in a score, by name."""
    return lines_of(apart(found.only([score]), pd.Series({score: other}), factor), "score", score)


def planned(sizes: Sizes) -> float:
    """The multiplier of one comparison that was planned, with the deviation of all rows."""
    return student_factor(sum(sizes) - len(sizes))


def verdict_on(rule: AccuracyRule, gain: Gain) -> Verdict:
    """What one difference says of a rule."""
    found = gain.difference
    if isinstance(rule, Flat):
        return within(found.difference, found.half_width, rule.margin)
    return side_of(found.low, found.high, threshold_of(rule))


def threshold_of(rule: AccuracyRule) -> float:
    """What the interval of a difference must lie above."""
    return -rule.margin if isinstance(rule, NoWorse) else rule.margin if isinstance(rule, Tail) else 0.0


def within(difference: float, half_width: float | None, margin: float) -> Verdict:
    """Reproduced if the whole interval is within the margin, contradicted if it is outside, else undecided."""
    if half_width is None:
        return Verdict.OPEN
    if abs(difference) + half_width <= margin:
        return Verdict.REPRODUCED
    return Verdict.REFUTED if abs(difference) - half_width > margin else Verdict.OPEN


def seeds_to_decide(rule: AccuracyRule, gain: Gain, found: Samples, factor: Factor) -> float | None:
    """About how many seeds a row narrow an undecided interval to what matters; if it is as narrow, until a difference
    that stays as it is decides. None where it is decided, or nothing is known of the spread."""
    half, difference = gain.difference.half_width, gain.difference.difference
    size = sizes_of(found.counts[gain.score], gain.other)
    if half is None or size is None or verdict_on(rule, gain) != Verdict.OPEN:
        return None
    matters = margin_in(rule, gain.score)
    away = matters - abs(difference) if isinstance(rule, Flat) else difference - threshold_of(rule)
    numbers = (
        matters if half > matters else max(abs(away), matters / 10),
        found.pooled["deviation"][gain.score],
        gain.difference.classes_se or 0.0,
        factor(size),
    )
    width, deviation, classes_se, multiplier = (np.array([number], dtype=np.float64) for number in numbers)
    narrower = narrowing(len(size), sum(size) - len(size))[None]
    return float(seeds_for(width, deviation, classes_se, multiplier, narrower)[0])
