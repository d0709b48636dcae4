"""What a reader must be told: the caveats that stand beside every verdict, and what was not measured and why."""

from collections.abc import Iterable, Mapping
from typing import Any

from workflow.reporting.words import number, score_words

PAPER_EPOCHS = 16
"""The shortest training among the papers' codes (epochs); fewer is called a short run."""


def caveats(summary: Mapping[str, Any]) -> list[str]:
    """Sentences that belong beside the verdicts, derived from what was run."""
    return [*short_run(summary), *few_seeds(summary), *one_setting(summary)]


def epochs(summary: Mapping[str, Any]) -> float | None:
    """The longest any run trained, in passes over the training images; None if unknown."""
    images = (summary["split"]["counts"] or {}).get("train_images")
    seen = [run["images"]["gradient"] for run in summary["runs"] if run["images"]]
    return max(seen) / images if images and seen else None


def short_run(summary: Mapping[str, Any]) -> list[str]:
    """The short-run warning, where training was shorter than the papers'."""
    passes = epochs(summary)
    steps = max((run["steps"] or 0 for run in summary["runs"]), default=0)
    if passes is None or passes >= PAPER_EPOCHS:
        return []
    return [
        f"Short runs: {number(steps, 1)} steps are {number(passes, 2)} passes over the training images; the papers' "
        f"code trains {PAPER_EPOCHS} to 20. What is compared is how fast a head forms an embedding, not where it "
        "ends: heads with class centres start from random ones, heads that generate them do not. The gaps shrink as "
        "steps grow; do not extrapolate."
    ]


def few_seeds(summary: Mapping[str, Any]) -> list[str]:
    """How much the number of seeds allows to say."""
    n = max((row["done"] for row in summary["rows"]), default=0)
    if n < 2:
        return ["One seed: no spread is known and no difference between heads is a finding."]
    if n == 2:
        return [
            "Two seeds: both values and the differences paired by seed are shown instead of an interval. A difference "
            "counts only if both seeds agree in direction by at least one point; everything else is within noise."
        ]
    return [f"{n} seeds: intervals are 95 % Student-t, differences are paired by seed."]


def one_setting(summary: Mapping[str, Any]) -> list[str]:
    """The reach of the result: one dataset, one backbone, one machine."""
    data, backbone = summary["dataset"]["name"] or "one dataset", summary["backbone"] or "one backbone"
    return [
        f"One setting: dataset {data}, backbone {backbone}, one machine. Nothing here checks the papers' numbers on "
        "faces; a verdict says whether the claim's direction held here."
    ]


def gaps(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    """Everything planned or expected without a number, each with its reason: [{what, why}]."""
    found = [*lost_runs(summary["runs"]), *lost_costs(summary["costs"]), *lost_scores(summary["rows"])]
    return [*found, *lost_meters(summary), *lost_claims(summary["claims"])]


def lost_runs(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Training cells that did not end well."""
    return [
        {
            "what": f"{run['name']}, seed {run['seed']}",
            "why": f"{run['outcome']}: {run['reason'] or 'no reason recorded'}",
        }
        for run in runs
        if run["outcome"] != "ok"
    ]


def lost_costs(costs: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Cost cells that did not end well; not fitting in memory is a result, and is also listed here."""
    return [
        {
            "what": f"cost of {cost['name']}, {cost['mode']}, {number(cost['classes'], 1)} classes",
            "why": f"{cost['outcome']}: {cost['reason'] or 'no reason recorded'}",
        }
        for cost in costs
        if cost["outcome"] != "ok"
    ]


def lost_scores(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Scores null in every seed of an otherwise good row, gathered by score and reason."""
    gathered: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for score, spread in row["scores"].items():
            if row["done"] and spread["n"] == 0:
                gathered.setdefault((score, "; ".join(spread["reasons"])), []).append(row["name"])
    return [
        {"what": f"{score_words(score).label} ({', '.join(names)})", "why": why}
        for (score, why), names in gathered.items()
    ]


def lost_meters(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    """Meters that read nothing anywhere: GPU memory, power, and the cost stage as a whole."""
    good = [cost for cost in summary["costs"] if cost["outcome"] == "ok"]
    if not good:
        return [{"what": "cost (step time, images/s, memory)", "why": "no cost cell was measured in this profile"}]
    found = []
    if all(cost["memory"]["allocator_peak_bytes"] is None for cost in good):
        found.append({"what": "device memory by the allocator and by NVML", "why": why_no_device(summary)})
    if all(value is None for cost in good for value in cost["nvml"].values()):
        found.append(
            {"what": "utilisation, power, energy per image, clocks, temperature", "why": why_no_device(summary)}
        )
    modes = {cost["mode"] for cost in good}
    return found + [
        {"what": f"{mode} cost", "why": "no cell of this mode was measured"}
        for mode in ("head", "end-to-end")
        if mode not in modes
    ]


def why_no_device(summary: Mapping[str, Any]) -> str:
    """Why there are no GPU readings."""
    device = (summary["machine"] or {}).get("device")
    return f"these meters need an NVIDIA GPU; this run used {device or 'a device that has none'}"


def lost_claims(claims: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Claims this run does not reach."""
    return [
        {"what": f"claim: {claim['statement']}", "why": claim["effect"]}
        for claim in claims
        if claim["verdict"] == "not measured here"
    ]
