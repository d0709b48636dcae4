"""Judge each paper's headline claim by the rule that claims.yaml states for it, from the summary alone."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from workflow.reporting.words import classes_words, number, row_name, score_words, seeds_words, signed_points, size
from workflow.summary.old.answers import hardest
from workflow.summary.old.costs import value_of
from workflow.summary.old.spread import decisive_bounds, spread

Ruling = tuple[str, str]
REPRODUCED, REFUTED, OPEN, ABSENT = "reproduced", "not reproduced", "inconclusive", "not measured here"
BINS = ("many", "few")


@cache
def load_claims() -> list[dict[str, Any]]:
    """The claims table, in the order in which it is printed."""
    return yaml.safe_load(Path(__file__).with_name("claims.yaml").read_text(encoding="utf-8"))


def judge(claim: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """The claim with its `verdict` and the measured `effect` in words."""
    rule = claim["rule"]
    if "ratio" in rule and find_row(summary, rule) is None:
        ruling, effect = ABSENT, f"{row_name(rule['head'], rule['ratio'])} is not in this run"
    else:
        ruling, effect = RULES[rule["kind"]](rule, summary)
    return {**claim, "verdict": ruling, "effect": effect}


def find_row(summary: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row a rule speaks of, by head and ratio."""
    rows = (row for row in summary["rows"] if row["head"] == rule["head"] and float(row["ratio"]) == rule["ratio"])
    return next(rows, None)


def find_reference(summary: Mapping[str, Any]) -> dict[str, Any] | None:
    """The reference row, normally fc with all classes."""
    return next((row for row in summary["rows"] if row["reference"]), None)


def no_worse(rule: Mapping[str, Any], summary: Mapping[str, Any]) -> Ruling:
    """Accuracy within `tolerance` below the reference, or above it."""
    return by_difference(rule, summary, -rule["tolerance"])


def better(rule: Mapping[str, Any], summary: Mapping[str, Any]) -> Ruling:
    """Accuracy above the reference, by the same rule as everywhere: two seeds must both differ by a point."""
    ruling, effect = by_difference(rule, summary, 0.0)
    row = find_row(summary, rule) or {"difference": {}}
    noisy = row["difference"].get(hardest(summary, rule["score"]), {}).get("verdict") == "within noise"
    return (OPEN if noisy else ruling), effect


def by_difference(rule: Mapping[str, Any], summary: Mapping[str, Any], threshold: float) -> Ruling:
    """Whether the paired difference to the reference lies above `threshold` in all that the seeds allow to say."""
    row, name = find_row(summary, rule), row_name(rule["head"], rule["ratio"])
    score = hardest(summary, rule["score"])
    difference = row and row["difference"].get(score)
    if not difference or not difference["n"]:
        return ABSENT, f"no seed has {score_words(score).label} for both {name} and the reference"
    return ruling_above(difference, threshold), difference_words(difference, score_words(score).label)


def ruling_above(difference: Mapping[str, Any], threshold: float) -> str:
    """Reproduced if all of the decisive range is above `threshold`, not reproduced if all is below, else open."""
    if difference["n"] < 2:
        return OPEN
    low, high = decisive_bounds(difference)
    if low > threshold:
        return REPRODUCED
    return REFUTED if high < threshold else OPEN


def difference_words(difference: Mapping[str, Any], label: str) -> str:
    """`+2.9 points in hard pairs (2 seeds: +2.8, +3.0)`."""
    words = f"{signed_points(difference['mean'])} points in {label}"
    if difference["n"] <= 2:
        seeds = ", ".join(signed_points(value) for value in difference["values"].values())
        return f"{words} ({seeds_words(difference['n'])}: {seeds})"
    low, high = signed_points(difference["low"]), signed_points(difference["high"])
    return f"{words} ({seeds_words(difference['n'])}, 95 %: {low} to {high})"


def tail(rule: Mapping[str, Any], summary: Mapping[str, Any]) -> Ruling:
    """Whether the share of errors removed is larger among few-shot classes than among many-shot ones."""
    row, base = find_row(summary, rule), find_reference(summary)
    removed = errors_removed(row, base) if row and base else {}
    if not removed:
        return ABSENT, "closed-set identification by gallery is not there, by many and few, for both heads"
    excess = spread({seed: bins["few"] - bins["many"] for seed, bins in removed.items()})
    means = {name: sum(bins[name] for bins in removed.values()) / len(removed) for name in BINS}
    effect = (
        f"errors removed: many {signed_points(means['many'])} %, few {signed_points(means['few'])} %; few minus many "
        f"{signed_points(excess['mean'])} points ({seeds_words(excess['n'])}: "
        f"{', '.join(signed_points(value) for value in excess['values'].values())})"
    )
    return ruling_above(excess, rule["tolerance"]), effect


def errors_removed(row: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Per seed and bin: 1 - error(row) / error(reference), for the seeds where both have both bins."""
    names = {bin_: f"closed/rank1/{bin_}" for bin_ in BINS}
    own, other = (
        {bin_: source["scores"].get(name, {}).get("values", {}) for bin_, name in names.items()}
        for source in (row, base)
    )
    seeds = [seed for seed in own["few"] if all(seed in own[b] and other[b].get(seed, 1.0) < 1.0 for b in BINS)]
    return {seed: {b: 1 - (1 - own[b][seed]) / (1 - other[b][seed]) for b in BINS} for seed in seeds}


def ok_costs(summary: Mapping[str, Any], mode: str, name: str) -> dict[int, dict[str, Any]]:
    """Good cost rows of one mode and row name, by number of classes."""
    good = (cost for cost in summary["costs"] if cost["outcome"] == "ok" and cost["mode"] == mode)
    return {cost["classes"]: cost for cost in good if cost["name"] == name}


def cost_pair(
    rule: Mapping[str, Any], summary: Mapping[str, Any], mode: str, field: str
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The cost rows of the rule's row and of the reference at the largest number of classes both have `field` at."""
    row, base = find_row(summary, rule), find_reference(summary)
    if not row or not base:
        return None
    own, other = ok_costs(summary, mode, row["name"]), ok_costs(summary, mode, base["name"])
    both = [c for c in own if c in other and value_of(own[c], field) and value_of(other[c], field)]
    return (own[max(both)], other[max(both)]) if both else None


def less(rule: Mapping[str, Any], summary: Mapping[str, Any]) -> Ruling:
    """Whether a measured cost is below the reference's; more than 5 % either way decides."""
    pair = cost_pair(rule, summary, rule["mode"], rule["field"])
    if pair is None:
        return ABSENT, f"memory was not measured for both heads{declared_words(rule, summary)}"
    own, base = (value_of(cost, rule["field"]) for cost in pair)
    words = f"{number(own / base, 3)} × the reference ({size(own)} against {size(base)}"
    ruling = REPRODUCED if own < 0.95 * base else REFUTED if own > 1.05 * base else OPEN
    return ruling, f"{words}, {classes_words(pair[0]['classes'])}; {pair[0]['peak_meter']})"


def declared_words(rule: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """The declared state instead, marked as not measured."""
    pair = cost_pair(rule, summary, rule["mode"], "memory.declared_state_bytes")
    if pair is None:
        return ""
    own, base = (cost["memory"]["declared_state_bytes"] for cost in pair)
    return f"; the heads declare {size(own)} against {size(base)} of state at {classes_words(pair[0]['classes'])}"


def faster(rule: Mapping[str, Any], summary: Mapping[str, Any]) -> Ruling:
    """Whether the whole training step delivers more images with gradient per second than the reference's."""
    pair = cost_pair(rule, summary, "end-to-end", "images_per_second.gradient")
    if pair is None:
        return ABSENT, "end-to-end step time was not measured for both heads"
    if not all(cost["exclusive"] for cost in pair):
        return ABSENT, "the timings did not run alone on the machine, so they are not compared"
    own, base = (value_of(cost, "images_per_second.gradient") for cost in pair)
    words = f"{number(own / base, 3)} × the reference ({number(own)} against {number(base)} images/s"
    return separated(*pair), f"{words}, {classes_words(pair[0]['classes'])})"


def separated(own: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """Reproduced if every middle step per image is quicker than the reference's, refuted if slower, else open."""
    ranges = []
    for cost in (own, base):
        images = value_of(cost, "images_per_second.gradient") * cost["step_ms"]["median"]
        ranges.append((cost["step_ms"]["p10"] / images, cost["step_ms"]["p90"] / images))
    (low, high), (base_low, base_high) = ranges
    return REPRODUCED if high < base_low else REFUTED if low > base_high else OPEN


def fits(rule: Mapping[str, Any], summary: Mapping[str, Any]) -> Ruling:
    """Whether any cost cell of the head with at least `classes` classes ran."""
    tried = [cost for cost in summary["costs"] if cost["head"] == rule["head"] and cost["classes"] >= rule["classes"]]
    if any(cost["outcome"] == "ok" for cost in tried):
        return REPRODUCED, f"ran with {classes_words(max(c['classes'] for c in tried if c['outcome'] == 'ok'))}"
    if any(cost["outcome"] == "out of memory" for cost in tried):
        return REFUTED, f"out of memory at {classes_words(min(cost['classes'] for cost in tried))}"
    largest = max((cost["classes"] for cost in summary["costs"] if cost["head"] == rule["head"]), default=0)
    tried_words = f"the largest number of classes tried was {number(largest, 1)}"
    return ABSENT, tried_words if largest else f"no cost cell of {rule['head']} is in this run"


def below(rule: Mapping[str, Any], summary: Mapping[str, Any]) -> Ruling:
    """Whether the device allocator's peak of a whole training step stays below `bytes`."""
    costs = ok_costs(summary, "end-to-end", row_name(rule["head"], rule["ratio"]))
    found = [cost for classes, cost in costs.items() if classes >= rule["classes"]]
    peaks = [cost["memory"]["allocator_peak_bytes"] for cost in found if cost["memory"]["allocator_peak_bytes"]]
    if not peaks:
        return ABSENT, f"no end-to-end cell with {classes_words(rule['classes'])} or more on a GPU"
    return (REPRODUCED if max(peaks) < rule["bytes"] else REFUTED), f"{size(max(peaks))} allocator peak"


RULES: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Ruling]] = {
    "no_worse": no_worse,
    "better": better,
    "tail": tail,
    "less": less,
    "faster": faster,
    "fits": fits,
    "below": below,
}
