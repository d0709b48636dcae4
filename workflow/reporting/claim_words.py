"""Claims in words: what decides one, made from its rule, and what was measured for it."""

from workflow.evaluating.metrics import METRICS
from workflow.reporting.words import (
    classes_words,
    count,
    difference_words,
    error_words,
    metric,
    number,
    points,
    seeds_words,
    size,
)
from workflow.summary.claims import Judgement
from workflow.summary.effects import Effect, Gain, Lack, Peak, Ratio, Reach
from workflow.summary.rules import AnyRule, Below, Better, Faster, Fits, Less, NoWorse, RowRule, Tail
from workflow.summary.stored import row_name
from workflow.summary.vocabulary import Mode, Verdict

FIELDS = {"peak_bytes": "measured peak bytes"}
MODES = {Mode.HEAD: "of the head alone", Mode.WHOLE: "end to end"}


def decided_by(rule: AnyRule, reference: str | None) -> str:
    """The sentence that says what decides a claim; `reference` is the row that differences are taken to."""
    base = reference or "the reference"
    match rule:
        case NoWorse():
            loss = f"a loss within {points(rule.margin)} points counts as none"
            return f"{minus(rule, rule.score, base)}; {loss}"
        case Better():
            return f"{minus(rule, rule.score, base)}; the whole interval must be above zero"
        case Tail():
            gain = f"gain of {row_words(rule)} over {base} in {metric(rule.score).label.lower()}"
            groups = f"among classes with {rule.more} images minus the same among those with {rule.less}"
            return f"{gain}, {groups}; a tail effect needs at least {number(100 * rule.margin)} points"
        case Less():
            what = f"{FIELDS.get(rule.field, rule.field)} {MODES[rule.mode]}"
            return f"{what}, {divided(rule, base)}; more than {number(100 * rule.margin)} % either way decides"
        case Faster():
            rate = "with gradient" if rule.images == "gradient" else "encoded"
            what = f"images per second {rate}, {MODES[rule.mode]}"
            return f"{what}, {divided(rule, base)}; the p10–p90 ranges must not overlap"
        case Fits():
            return f"one cost cell of {rule.head} at {classes_words(rule.classes)} or more that ended ok"
        case Below():
            peak = f"device allocator peak of {row_words(rule)}, {MODES[rule.mode]}"
            return f"{peak}, at {classes_words(rule.classes)} or more: below {rule.bytes / 1e9:g} GB"


def row_words(rule: RowRule) -> str:
    """`dcq at ratio 0.1`."""
    return rule.head if rule.ratio == 1 else f"{rule.head} at ratio {rule.ratio:g}"


def minus(rule: RowRule, score: str, base: str) -> str:
    """A difference in a score, with most distractors where it has versions with some."""
    hardest = " with the most distractors" if f"{score}@{{value}}" in METRICS else ""
    return f"{metric(score).label}{hardest} of {row_words(rule)} minus that of {base}"


def divided(rule: RowRule, base: str) -> str:
    """A ratio of two costs."""
    return f"{row_words(rule)} divided by {base}, at the largest number of classes both reached"


def measured(judgement: Judgement) -> str:
    """What was measured for a claim, or why nothing was."""
    if judgement.lack is not None:
        return lack_words(judgement, judgement.lack)
    return "" if judgement.effect is None else effect_words(judgement, judgement.effect)


def lack_words(judgement: Judgement, lack: Lack) -> str:
    """Why a claim is not measured here."""
    rule, effect = judgement.claim.rule, judgement.effect
    match lack:
        case Lack.ROW:
            return f"{row_name(rule.head, getattr(rule, 'ratio', 1.0))} is not in this run"
        case Lack.SCORE:
            score = metric(effect.score).short if isinstance(effect, Gain) else "the score"
            return f"no seed has {score} for both {judgement.row} and the reference"
        case Lack.GROUPS:
            return "closed-set identification by gallery is not there, by many and few, for both heads"
        case Lack.COST:
            return lost_cost(rule, effect)
        case Lack.EXCLUSIVE:
            return "the timings did not run alone on the machine, so they are not compared"
        case Lack.CLASSES:
            if isinstance(effect, Reach):
                return f"the largest number of classes tried was {count(effect.classes)}"
            return f"no cost cell of {rule.head} is in this run"
        case Lack.DEVICE:
            least = classes_words(rule.classes) if isinstance(rule, Below) else "so many classes"
            return f"no end-to-end cell with {least} or more on a GPU"


def lost_cost(rule: AnyRule, effect: Effect | None) -> str:
    """That a cost is not there for both rows; for memory, with the states that the heads declare."""
    if isinstance(rule, Faster):
        return "end-to-end step time was not measured for both heads"
    words = "memory was not measured for both heads"
    if not isinstance(effect, Ratio):
        return words
    pair = f"{size(effect.own)} against {size(effect.base)}"
    return f"{words}; the heads declare {pair} of state at {classes_words(effect.classes)}"


def effect_words(judgement: Judgement, effect: Effect) -> str:
    """What was measured."""
    match effect:
        case Gain():
            return gain_words(effect)
        case Ratio():
            return ratio_words(effect, is_rate=isinstance(judgement.claim.rule, Faster))
        case Reach():
            did = "ran with" if judgement.verdict == Verdict.REPRODUCED else "out of memory at"
            return f"{did} {classes_words(effect.classes)}"
        case Peak():
            return f"{size(effect.bytes)} allocator peak"


def gain_words(effect: Gain) -> str:
    """`+2.9 ± 1.1 points in hard pairs (2 seeds; standard error: …)`."""
    found = effect.difference
    if found is None:
        return ""
    how = f"{seeds_words(found.n)}; {error_words(found)}"
    return f"{difference_words(found)} in {metric(effect.score).short} ({how})"


def ratio_words(effect: Ratio, is_rate: bool) -> str:
    """`0.35 × the reference (…)`."""
    show = number if is_rate else size
    pair = f"{show(effect.own)} against {show(effect.base)}{' images/s' if is_rate else ''}"
    meter = f"; {effect.meter}" if effect.meter else ""
    return f"{number(effect.share, 3)} × the reference ({pair}, {classes_words(effect.classes)}{meter})"
