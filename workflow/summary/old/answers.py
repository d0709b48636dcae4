"""Which head for which regime: each question answered by a stated rule, with its spread, its seeds and its ties."""

from collections.abc import Mapping, Sequence
from typing import Any

from workflow.reporting.words import classes_words, number, points, score_words, seeds_words, size, spread_words
from workflow.summary.old.costs import largest_common, value_of
from workflow.summary.old.spread import paired

ACCURACY = (
    ("Most accurate on look-alikes", "verification_hard/accuracy"),
    ("Best at finding one among many", "identification/rank1"),
    ("Best on few-shot classes", "closed/rank1/few"),
)


def answers(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first page: [{question, names, value, unit, detail, ties, tie_words}]; unanswerable questions say why."""
    found = [by_score(summary, question, hardest(summary, score)) for question, score in ACCURACY]
    return [*found, fastest(summary), smallest(summary), best_trade(summary)]


def hardest(summary: Mapping[str, Any], score: str) -> str:
    """The version of a score with most distractors that any row has."""
    names = {name for row in summary["rows"] for name in row["scores"] if name.startswith(f"{score}@")}
    counts = [name for name in names if any(row["scores"].get(name, {}).get("n") for row in summary["rows"])]
    return max(counts, key=lambda name: int(name.partition("@")[2]), default=score)


def by_score(summary: Mapping[str, Any], question: str, score: str) -> dict[str, Any]:
    """The row with the highest mean score; rows whose paired difference to it is within noise are ties."""
    rows = [row for row in summary["rows"] if row["scores"].get(score, {}).get("n")]
    if not rows:
        return unanswered(question, f"{score_words(score).label} was not measured")
    best = max(rows, key=lambda row: row["scores"][score]["mean"])
    own = best["scores"][score]
    near = [row for row in rows if row is not best and tied(row["scores"][score], own)]
    told = all(row["scores"][score]["n"] > 1 for row in (best, *near))
    detail = f"{score_words(score).label}, {seeds_words(own['n'])}"
    if own["n"] > 1:
        detail += f" ({'95 % interval ' if own['n'] > 2 else ''}{spread_words(own)})"
    words = "within noise of" if told else "too few seeds to tell it from"
    return answer(question, best["name"], points(own["mean"]), "%", detail, [row["name"] for row in near], words)


def tied(score: Mapping[str, Any], best: Mapping[str, Any]) -> bool:
    """Whether a row cannot be told from the best one by the seeds both have."""
    return paired(score["values"], best["values"])["verdict"] != "lower"


def fastest(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The row with most images with gradient per second, end to end; overlapping p10-p90 ranges are ties."""
    question, field = "Fastest training step", "images_per_second.gradient"
    rows = [row for row in summary["rows"] if row["cost"] and value_of(row["cost"], field) and row["cost"]["exclusive"]]
    if not rows:
        return unanswered(question, "no undisturbed end-to-end timing exists")
    best = max(rows, key=lambda row: value_of(row["cost"], field))
    slowest = rate(best, "p90")
    ties = [row["name"] for row in rows if row is not best and rate(row, "p10") >= slowest]
    cost = best["cost"]
    steps = f"{number(cost['step_ms']['p10'])} to {number(cost['step_ms']['p90'])} ms a step (p10 to p90)"
    detail = f"with gradient; {steps}, {classes_words(cost['classes'])}"
    speed = number(value_of(cost, field))
    return answer(question, best["name"], speed, "images/s", detail, ties, "ranges overlap with")


def rate(row: Mapping[str, Any], quantile: str) -> float:
    """Images per second with gradient at a quantile of the step time."""
    cost = row["cost"]
    return value_of(cost, "images_per_second.gradient") * cost["step_ms"]["median"] / cost["step_ms"][quantile]


def smallest(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The row with fewest bytes at the largest number of classes that all rows reached; measured, else declared."""
    question = "Fewest bytes for the head"
    for field, meter in (("peak_bytes", "measured"), ("memory.declared_state_bytes", "declared state, not measured")):
        classes = largest_common(summary["costs"], field)
        if classes is None:
            continue
        there = (cost for cost in summary["costs"] if cost["mode"] == "head" and cost["classes"] == classes)
        costs = [cost for cost in there if cost["outcome"] == "ok"]
        best = min(costs, key=lambda cost: value_of(cost, field))
        least = value_of(best, field)
        ties = [cost["name"] for cost in costs if cost is not best and value_of(cost, field) <= 1.05 * least]
        value, _, unit = size(least).partition(" ")
        how = best["peak_meter"] if field == "peak_bytes" else meter
        detail = f"head alone at {classes_words(classes)}; {how}"
        return answer(question, best["name"], value, unit, detail, ties, "within 5 % of")
    return unanswered(question, "no head was measured alone, or no number of classes for all of them")


def best_trade(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Rows no other row beats in both hard-pair accuracy and images per second."""
    question = "Beaten by none in both speed and accuracy"
    names = pareto(summary["rows"])
    if not names:
        return unanswered(question, "needs accuracy and an end-to-end timing of at least one row")
    total = len([row for row in summary["rows"] if coordinates(row)])
    detail = "mean hard-pair accuracy against images/s; differences in accuracy may be within noise"
    return {**answer(question, names[0], f"{len(names)} of {total}", "rows", detail, [], ""), "names": names}


def coordinates(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """(images per second, hard-pair accuracy) of a row, None if either is missing."""
    accuracy = row["scores"].get("verification_hard/accuracy", {}).get("mean")
    speed = value_of(row["cost"], "images_per_second.gradient") if row["cost"] else None
    return (speed, accuracy) if speed and accuracy is not None else None


def pareto(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the undominated rows, fastest first."""
    placed = [(row["name"], spot) for row in rows if (spot := coordinates(row))]
    front = [
        (name, spot)
        for name, spot in placed
        if not any(other[0] >= spot[0] and other[1] >= spot[1] and other != spot for _, other in placed)
    ]
    return [name for name, spot in sorted(front, key=lambda item: -item[1][0])]


def answer(
    question: str, name: str, value: str, unit: str, detail: str, ties: list[str], tie_words: str
) -> dict[str, Any]:
    """One answered question."""
    words = {"value": value, "unit": unit, "detail": detail, "tie_words": tie_words if ties else ""}
    return {"question": question, "names": [name], "ties": ties, **words}


def unanswered(question: str, why: str) -> dict[str, Any]:
    """A question this run cannot answer, with the reason."""
    words = {"value": "", "unit": "", "detail": f"not measured: {why}", "tie_words": ""}
    return {"question": question, "names": [], "ties": [], **words}
