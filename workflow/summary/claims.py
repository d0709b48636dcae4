"""Judge each claim of claims.yaml by its rule, from the summary alone; a verdict is never stored."""

from dataclasses import dataclass

from workflow.summary.effects import Effect, Lack
from workflow.summary.judging.accuracy import judge_scores
from workflow.summary.judging.costs import judge_costs
from workflow.summary.judging.ruling import Ruling, of_parts
from workflow.summary.regime import Unmet
from workflow.summary.rules import AnyRule, Better, Claim, Every, Flat, NoWorse, Regime, Row, Tail, load_claims
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Verdict


@dataclass(frozen=True)
class Judgement:
    """A claim and what this run says of it.

    effects: what was measured for it, outside its regime too. lack: why nothing can be said, None unless the verdict is
    ABSENT; missing: the rows that the run would need. unmet: the conditions of its regime that the run does not meet.
    parts: the ruling on each part by its name, of a claim that has several.
    """

    claim: Claim
    verdict: Verdict
    effects: tuple[Effect, ...]
    lack: Lack | None
    missing: tuple[Row, ...]
    unmet: tuple[Unmet, ...]
    parts: tuple[tuple[str, Ruling], ...] = ()


def judge(summary: Summary) -> list[Judgement]:
    """Every claim of claims.yaml with what this run says of it, in order."""
    return [judge_one(claim, summary) for claim in load_claims()]


def judge_one(claim: Claim, summary: Summary) -> Judgement:
    """One claim with what this run says of it."""
    return Judgement(claim, *ruling(claim.rule, claim.regime, summary))


def ruling(rule: AnyRule, regime: Regime, summary: Summary) -> Ruling:
    """The ruling by the kind of rule."""
    if isinstance(rule, Every):
        return of_parts(tuple((part.name, ruling(part.rule, part.regime or regime, summary)) for part in rule.parts))
    if isinstance(rule, NoWorse | Better | Flat | Tail):
        return judge_scores(rule, regime, summary)
    return judge_costs(rule, regime, summary)
