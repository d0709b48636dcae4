"""Judge each paper's headline claim by the rule that claims.yaml states for it, from the summary alone."""

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from workflow.summary.costs import by_classes, speed_range
from workflow.summary.effects import Effect, Gain, Lack, Peak, Ratio, Reach
from workflow.summary.rules import (
    AnyRowRule,
    Below,
    Better,
    Claim,
    Faster,
    Fits,
    Less,
    NoWorse,
    RowRule,
    Tail,
    load_claims,
)
from workflow.summary.samples import hardest, samples
from workflow.summary.statistics import Contrast, contrast_of, difference
from workflow.summary.summary import Summary, line_of
from workflow.summary.tail import against, excess
from workflow.summary.vocabulary import Ending, Mode, Verdict


class Ruling(NamedTuple):
    """A verdict, what was measured, and what is lacking where the verdict is ABSENT.

    A lacking memory measurement comes with the Ratio of the states that the heads declare, if they do; a lacking number
    of classes with the Reach of what was tried.
    """

    verdict: Verdict
    effect: Effect | None = None
    lack: Lack | None = None


@dataclass(frozen=True)
class Judgement:
    """A claim and its ruling. `row` is the name of the row that it is about; None where it is about a whole head, or
    the row is not in this run."""

    claim: Claim
    row: str | None
    verdict: Verdict
    effect: Effect | None
    lack: Lack | None


def judge(summary: Summary) -> list[Judgement]:
    """Every claim of claims.yaml with what this run says of it, in order."""
    return [judge_one(claim, summary) for claim in load_claims()]


def judge_one(claim: Claim, summary: Summary) -> Judgement:
    """One claim with what this run says of it."""
    rule = claim.rule
    if isinstance(rule, Fits):
        return Judgement(claim, None, *fits(rule, summary))
    row = find_row(summary, rule)
    return Judgement(
        claim, row, *(Ruling(Verdict.ABSENT, lack=Lack.ROW) if row is None else rule_on(rule, row, summary))
    )


def rule_on(rule: AnyRowRule, row: str, summary: Summary) -> Ruling:
    """The ruling on a row that is in this run."""
    match rule:
        case NoWorse():
            return no_worse(rule, row, summary)
        case Better():
            return better(rule, row, summary)
        case Tail():
            return tail(rule, row, summary)
        case Less():
            return less(rule, row, summary)
        case Faster():
            return faster(rule, row, summary)
        case Below():
            return below(rule, row, summary)


def find_row(summary: Summary, rule: RowRule) -> str | None:
    """The name of the row that a rule speaks of, by head and ratio."""
    heads = summary.heads
    names = heads.loc[(heads["head"] == rule.head) & (heads["ratio"] == rule.ratio), "name"]
    return None if names.empty else str(names.iloc[0])


def no_worse(rule: NoWorse, row: str, summary: Summary) -> Ruling:
    """Whether the difference to the reference lies above the margin of loss."""
    return ruling_on(gain_of(rule.score, row, summary), -rule.margin)


def better(rule: Better, row: str, summary: Summary) -> Ruling:
    """Whether the row is above the reference, by the same rule as everywhere."""
    return ruling_on(gain_of(rule.score, row, summary), 0.0)


def gain_of(score: str, row: str, summary: Summary) -> Gain:
    """The difference to the reference in the hardest version of a score."""
    found = hardest(summary, score)
    return Gain(found, difference(summary, row, found))


def ruling_on(gain: Gain, threshold: float) -> Ruling:
    """The ruling on a difference; of no seed, there is none."""
    if gain.difference is None:
        return Ruling(Verdict.ABSENT, gain, Lack.SCORE)
    return Ruling(above(gain.difference, threshold), gain)


def above(found: Contrast, threshold: float) -> Verdict:
    """Reproduced if the whole interval is above the threshold, contradicted if it is below, else undecided."""
    if found.low is None or found.high is None:
        return Verdict.OPEN
    if found.low > threshold:
        return Verdict.REPRODUCED
    return Verdict.REFUTED if found.high < threshold else Verdict.OPEN


def tail(rule: Tail, row: str, summary: Summary) -> Ruling:
    """Whether the gain is larger in one group of classes than in the other."""
    lines = against(excess(samples(summary), rule.score, rule.more, rule.less), summary.reference)
    known = lines.reset_index("score", drop=True).dropna(subset="difference") if len(lines) else lines
    if row not in known.index:
        return Ruling(Verdict.ABSENT, lack=Lack.GROUPS)
    found = contrast_of(line_of(known, row))
    return Ruling(above(found, rule.margin), Gain(f"{rule.score}/{rule.more}", found))


def both_costs(summary: Summary, row: str, mode: Mode, field: str) -> tuple[pd.Series, pd.Series] | None:
    """The costs of a row and of the reference at the largest number of classes that both have `field` at."""
    own, base = (by_classes(summary, name, mode) for name in (row, summary.reference or ""))
    known = [set(costs.index[costs[field].fillna(0) > 0]) for costs in (own, base)]
    both = set.intersection(*known)
    return (own.loc[max(both)], base.loc[max(both)]) if both else None


def less(rule: Less, row: str, summary: Summary) -> Ruling:
    """Whether a measured cost is below the reference's; more than the margin either way decides."""
    pair = both_costs(summary, row, rule.mode, rule.field)
    if pair is None:
        declared = both_costs(summary, row, rule.mode, "memory.declared_state_bytes")
        effect = ratio_of(declared, "memory.declared_state_bytes") if declared else None
        return Ruling(Verdict.ABSENT, effect, Lack.COST)
    found = ratio_of(pair, rule.field, str(pair[0]["peak_meter"]))
    if found.own < (1 - rule.margin) * found.base:
        return Ruling(Verdict.REPRODUCED, found)
    return Ruling(Verdict.REFUTED if found.own > (1 + rule.margin) * found.base else Verdict.OPEN, found)


def ratio_of(pair: tuple[pd.Series, pd.Series], field: str, meter: str | None = None) -> Ratio:
    """A cost of a row beside the reference's."""
    own, base = pair
    return Ratio(float(own[field]), float(base[field]), int(str(own.name)), meter)


def faster(rule: Faster, row: str, summary: Summary) -> Ruling:
    """Whether the whole of the row's middle speeds is above, or below, the reference's."""
    field = f"images_per_second.{rule.images}"
    pair = both_costs(summary, row, rule.mode, field)
    if pair is None:
        return Ruling(Verdict.ABSENT, lack=Lack.COST)
    if not all(pd.notna(cost["exclusive"]) and cost["exclusive"] for cost in pair):
        return Ruling(Verdict.ABSENT, ratio_of(pair, field), Lack.EXCLUSIVE)
    (slow, fast), (base_slow, base_fast) = (speed_range(cost, rule.images) for cost in pair)
    verdict = Verdict.REPRODUCED if slow > base_fast else Verdict.REFUTED if fast < base_slow else Verdict.OPEN
    return Ruling(verdict, ratio_of(pair, field))


def fits(rule: Fits, summary: Summary) -> Ruling:
    """Whether any cost cell of the head with at least so many classes ran."""
    costs = summary.costs[summary.costs["head"] == rule.head]
    tried = costs[costs["classes"] >= rule.classes]
    ran = tried[tried["outcome"] == Ending.OK]
    if len(ran):
        return Ruling(Verdict.REPRODUCED, Reach(int(ran["classes"].max())))
    if (tried["outcome"] == Ending.MEMORY).any():
        return Ruling(Verdict.REFUTED, Reach(int(tried["classes"].min())))
    return Ruling(Verdict.ABSENT, Reach(int(costs["classes"].max())) if len(costs) else None, Lack.CLASSES)


def below(rule: Below, row: str, summary: Summary) -> Ruling:
    """Whether the device allocator's peak stays below a number of bytes."""
    costs = by_classes(summary, row, rule.mode)
    peaks = costs.loc[costs.index >= rule.classes, "memory.allocator_peak_bytes"].dropna()
    if peaks.empty:
        return Ruling(Verdict.ABSENT, lack=Lack.DEVICE)
    highest = int(peaks.max())
    return Ruling(Verdict.REPRODUCED if highest < rule.bytes else Verdict.REFUTED, Peak(highest))
