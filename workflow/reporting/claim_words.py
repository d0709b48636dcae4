"""Claims in words: what decides one, made from its rule, and what was measured for it."""

from collections.abc import Iterable

from workflow.evaluating.metrics import METRICS
from workflow.reporting.effect_words import effect_words, seeds_sentence
from workflow.reporting.words import classes_words, margin_words, metric, number
from workflow.summary.claims import Judgement
from workflow.summary.effects import Gain, Lack
from workflow.summary.judging.ruling import Ruling
from workflow.summary.regime import Condition, Unmet
from workflow.summary.rules import (
    Better,
    BreakEven,
    Claim,
    CostRule,
    Every,
    Fits,
    Flat,
    Grows,
    Keeps,
    Less,
    NoWorse,
    PlainRule,
    Regime,
    Reorders,
    Row,
    Tail,
    Wanted,
)
from workflow.summary.vocabulary import Mode, Verdict

FIELDS = {"peak_bytes": "measured peak bytes", "step_ms.median": "step time"}
MODES = {Mode.HEAD: "of the head alone", Mode.WHOLE: "end to end", Mode.SYNTHETIC: "end to end on synthetic labels"}
LACKS = {
    Lack.SCORE: "a score of the claim was not measured for both rows",
    Lack.COST: "the cost was not measured for both rows",
    Lack.EXCLUSIVE: "the timings did not run alone on the machine, so they are not compared",
    Lack.CLASSES: "no cell was measured at so many classes",
}


def decided_by(claim: Claim) -> str:
    """The sentence that says what decides a claim, and where it means anything."""
    rule = claim.rule
    if isinstance(rule, Every):
        return ". ".join(
            f"{part.name}: {one_decided_by(part.rule, part.regime or claim.regime)}" for part in rule.parts
        )
    return one_decided_by(rule, claim.regime)


def one_decided_by(rule: PlainRule, regime: Regime) -> str:
    """The same of a claim that states one thing, or of a part of one."""
    where, memory = regime_words(regime) if is_of_scores(rule) else "", regime.memory
    fails = f"; that it does not fit counts from {number(memory)} GiB of memory on" if memory else ""
    return f"{rule_words(rule)}{f'; judged only {where}' if where else ''}{fails}"


def is_of_scores(rule: PlainRule) -> bool:
    """Whether a rule is about scores, which have a regime of training."""
    return isinstance(rule, NoWorse | Better | Flat | Tail)


def rule_words(rule: PlainRule) -> str:
    """What decides, made from the rule."""
    match rule:
        case NoWorse():
            loss = f"no interval may reach below a loss of {margin_words(rule.margin)} points"
            return f"{minus(rule)}; {loss}"
        case Better():
            return f"{minus(rule)}; the whole interval must be above zero"
        case Flat():
            span = f"all differences of {several(rule.rows)} in {scores_words(rule.scores)}"
            return f"{span} (Tukey) must lie within {margin_words(rule.margin)} points"
        case Tail():
            gain = f"gain of {several(rule.rows)} over the reference in {metric(rule.score).label.lower()}"
            groups = f"among classes with {rule.more} images minus the same among those with {rule.less}"
            return f"{gain}, {groups}; the whole interval must be above {margin_words(rule.margin)} points"
        case _:
            return cost_rule_words(rule)


def cost_rule_words(rule: CostRule) -> str:
    """What decides a claim about costs."""
    match rule:
        case Less():
            what = f"{FIELDS.get(rule.field, rule.field)} {MODES[rule.mode]}, {rule.head} at ratio {rule.ratio:g}"
            how = f"divided by {rule.plain}, at the largest number of classes both reached"
            return f"{what} {how}; more than {number(100 * rule.margin)} % either way decides"
        case Grows():
            what = f"composed step of the reference divided by that of {rule.head} at ratio {rule.ratio:g}"
            where = f"where the reference's head takes at least {number(100 * rule.share)} % of its step"
            return f"{what}, at the most classes measured, {where}; above one, and above that at the fewest"
        case Fits():
            size = f"{classes_words(rule.classes)} or more at dimension {rule.dim} or more"
            modes = " or ".join(MODES[mode] for mode in rule.modes)
            return f"one cost cell of {rule.head}, {modes}, with {size} that ended ok"
        case Keeps():
            what = f"bytes that {rule.head} at ratio {rule.ratio:g} keeps between steps, divided by the reference's"
            return f"{what}; at most {number(100 * rule.share)} % and {number(100 * rule.margin)} % of that more"
        case BreakEven():
            where = f"number of classes from which on {several(rule.rows)} take less {rule.quantity}"
            return f"{where} than the reference, whole step composed"
        case Reorders():
            swapped = ", ".join(f"{plain} in place of {head}" for head, plain in rule.plain.items())
            what = " or ".join(FIELDS.get(field, field) for field in rule.fields)
            order = f"order of {several(rule.rows)} by {what} of the head alone, with {swapped}"
            return (
                f"{order}: two must change places, more than {number(100 * rule.margin)} % apart in one of the orders"
            )


def minus(rule: NoWorse | Better) -> str:
    """The differences of a rule."""
    return f"{scores_words(rule.scores)} of {several(rule.rows)} minus that of {several(rule.against)}"


def several(rows: Iterable[Row]) -> str:
    """Rows in a list."""
    return ", ".join(row_words(row) for row in rows)


def row_words(row: Row) -> str:
    """`dcq at ratio 0.1 (loader even pairs)`."""
    found = [text for wanted in (row.options, row.train, row.data) for text in settings_words(wanted)]
    found += [f"momentum {row.momentum:g}"] if row.momentum is not None else []
    ratio = "" if row.ratio in (1, None) else f" at ratio {row.ratio:g}"
    own = ", ".join(found)
    return f"{row.head}{ratio}{f' ({own})' if own else ''}"


def settings_words(wanted: Wanted) -> list[str]:
    """Settings that differ from the head's own: a row that may leave one out is the plain one."""
    named = {name.replace("_", " ").replace(".", " "): values for name, values in wanted.items() if None not in values}
    return [
        f"{name} {' or '.join(str(value) for value in values)}" if values else f"{name} of its own"
        for name, values in named.items()
    ]


def scores_words(scores: Iterable[str]) -> str:
    """Scores by their labels, with most distractors where they have versions with some."""
    return ", ".join(
        f"{metric(score).label}{' with the most distractors' if f'{score}@{{value}}' in METRICS else ''}"
        for score in scores
    )


def regime_words(regime: Regime) -> str:
    """Where a claim means anything; empty where everywhere."""
    found = [f"after {number(regime.epochs)} passes over the training images or more"] if regime.epochs else []
    if regime.below:
        found.append(f"after fewer than {number(regime.below)} passes")
    if regime.sampled:
        found.append(f"where the rows compared with are {number(regime.sampled)} times the classes of a batch or more")
    if regime.tail:
        found.append(f"on a {' or '.join(regime.tail)} tail")
    return ", ".join(found)


def measured(judgement: Judgement) -> str:
    """What was measured for a claim, why nothing was, and why it is not judged where it is not."""
    found = ". ".join(f"{name}: {ruling.verdict}; {found_words(ruling)}" for name, ruling in judgement.parts)
    found = found or found_words(judgement)
    return f"{found}; needs {needs_words(judgement.claim)}" if judgement.lack is not None else found


def found_words(ruling: Ruling | Judgement) -> str:
    """The same of a claim, or a part of one, without what it would take."""
    found = "; ".join(effect_words(effect) for effect in ruling.effects)
    if ruling.lack is not None:
        return "; ".join(part for part in (lack_words(ruling.lack, ruling.missing), found) if part)
    if ruling.unmet:
        return f"{'; '.join(unmet_words(each) for each in ruling.unmet)}. There: {found}"
    if ruling.verdict == Verdict.OPEN:
        gains = [effect for effect in ruling.effects if isinstance(effect, Gain)]
        return "; ".join(part for part in (found, seeds_sentence(gains)) if part)
    if ruling.verdict == Verdict.DESIGN:
        return f"{found}: the reference holds neither logits nor a gradient of all classes, so nothing is left to save"
    return found


def needs_words(claim: Claim) -> str:
    """What a run must hold for a claim, and which config that ships has it."""
    return f"{claim.needs}: config/{claim.config}.yaml"


def lack_words(lack: Lack, missing: tuple[Row, ...]) -> str:
    """Why a claim is not measured here."""
    return f"not in this run: {several(missing)}" if lack == Lack.ROW else LACKS[lack]


def unmet_words(unmet: Unmet) -> str:
    """A condition that the run does not meet: `8.4 passes over the training images where 16 are needed`."""
    needed = " or ".join(unmet.needed) if isinstance(unmet.needed, tuple) else number(unmet.needed)
    has = unmet.found if isinstance(unmet.found, str) else "unknown" if unmet.found is None else number(unmet.found, 2)
    match unmet.condition:
        case Condition.EPOCHS:
            return f"{has} passes over the training images where {needed} are needed"
        case Condition.BELOW:
            return f"{has} passes over the training images where fewer than {needed} are meant"
        case Condition.SAMPLED:
            return f"rows compared with are {has} times the classes of a batch where {needed} times are needed"
        case Condition.TAIL:
            return f"the tail is {has}, not {needed}"
        case Condition.MEMORY:
            return f"the device has {has} GiB of memory where {needed} would have to fail"
