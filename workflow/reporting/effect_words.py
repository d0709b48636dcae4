"""What was measured for a claim, in words."""

import math
from collections.abc import Sequence

from workflow.reporting.words import (
    classes_words,
    count,
    difference_words,
    error_words,
    metric,
    number,
    rounded,
    seeds_words,
    size,
)
from workflow.summary.break_even import BreakEven, Crossing
from workflow.summary.critical import MOST_SEEDS
from workflow.summary.effects import Effect, Gain, Order, Ratio, Reach, SpeedUp

FIELDS = {"peak_bytes": "memory", "step_ms.median": "step time"}


def effect_words(effect: Effect) -> str:
    """One thing that was measured."""
    match effect:
        case Gain():
            return gain_words(effect)
        case Ratio():
            return ratio_words(effect)
        case Reach():
            return reach_words(effect)
        case SpeedUp():
            interval = f"{number(effect.low)} to {number(effect.high)}"
            share = f"the reference's head takes {100 * effect.share:.0f} % of its step"
            return f"{number(effect.value)} × at {classes_words(effect.classes)} ({interval}; {share})"
        case Order():
            orders = f"{', '.join(effect.lean)} lean; {', '.join(effect.plain)} plain"
            return f"{FIELDS.get(effect.field, effect.field)} at {classes_words(effect.classes)}, least first: {orders}"
        case BreakEven():
            return break_even_words(effect)


def gain_words(effect: Gain) -> str:
    """`dcq r 0.1 − fc: +2.9 ± 1.1 points in hard pairs (2 seeds; standard error: …)`."""
    score = effect.score.partition(" − ")
    label = metric(score[0]).short + (f" minus {score[2]}" if score[2] else "")
    how = f"{seeds_words(effect.difference.n)}; {error_words(effect.difference)}"
    return f"{effect.row} − {effect.other}: {difference_words(effect.difference)} in {label} ({how})"


def ratio_words(effect: Ratio) -> str:
    """`partial_fc r 0.1: 0.35 × plain_fc (…)`."""
    show = size if effect.meter else lambda value: f"{number(value)} ms"
    pair = f"{show(effect.own)} against {show(effect.base)}, {classes_words(effect.classes)}"
    meter = f"; {effect.meter}" if effect.meter else ""
    return f"{effect.row}: {number(effect.share, 3)} × {effect.other} ({pair}{meter})"


def reach_words(effect: Reach) -> str:
    """`fc: out of memory with 10 000 000 classes at dimension 512 (it keeps 38.1 GiB)`."""
    at = f"{classes_words(effect.classes)}{f' at dimension {count(effect.dim)}' if effect.dim else ''}"
    keeps = f" (it keeps {size(effect.state)})" if effect.state else ""
    return f"{effect.row}: {'ran' if effect.ran else 'out of memory'} with {at}{keeps}"


def break_even_words(effect: BreakEven) -> str:
    """`dcq r 0.1, time: from 12 000 classes on (9 000 to 20 000, between measured sizes)`."""
    what = f"{effect.name}, {effect.quantity}"
    if effect.crossing != Crossing.AT or effect.classes is None:
        return f"{what}: {effect.crossing}"
    low, high = ("never" if bound is None else count(rounded(bound)) for bound in (effect.low, effect.high))
    return f"{what}: from {classes_words(rounded(effect.classes))} on ({low} to {high}; {effect.basis})"


def seeds_sentence(gains: Sequence[Gain]) -> str:
    """How many seeds would decide, of the difference that needs most; empty where nothing is known of it."""
    known = [gain.seeds for gain in gains if gain.seeds is not None]
    if not known:
        return "one seed a row decides nothing" if any(gain.difference.n < 2 for gain in gains) else ""
    most = max(known)
    if math.isinf(most):
        return "more seeds cannot decide: the test classes limit"
    return f"{'≥' if most >= MOST_SEEDS else '≈'} {count(int(most))} seeds a row would decide"
