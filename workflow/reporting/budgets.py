"""Accuracy at equal steps, equal images encoded and equal seconds: three fair comparisons that can disagree."""

from collections.abc import Mapping
from typing import Any

from workflow.reporting.blocks import Block, Cell, Notes, cell, column, head_cell, missing, table
from workflow.reporting.words import duration, number, points, spread_words
from workflow.summary.old.spread import spread

SCORE = "verification_hard/accuracy"
AXES = ("step", "encoded", "seconds")


def budget_table(summary: Mapping[str, Any], looks: Mapping[str, Any]) -> Block | None:
    """Validation accuracy of every row at the largest budget that all rows reached; None without learning curves."""
    curves = {row["name"]: row_curves(summary, row["name"]) for row in summary["rows"]}
    drawn = [curve for found in curves.values() for curve in found.values()]
    if not drawn:
        return None
    budgets = {axis: min(curve[-1][axis] for curve in drawn) for axis in AXES}
    notes = Notes()
    columns = [
        column("Head", numeric=False, weight=1.6),
        column("Equal steps", unit=number(budgets["step"], 1)),
        column("Equal images", unit=f"{number(budgets['encoded'], 1)} encoded"),
        column("Equal seconds", unit=f"{duration(budgets['seconds'])}, not exclusive"),
    ]
    rows = [
        [head_cell(row, looks), *(budget_cell(curves[row["name"]], axis, budgets[axis], notes) for axis in AXES)]
        for row in summary["rows"]
    ]
    caption = (
        "Hard-pair accuracy on the validation classes, %, at the last point of the learning curve within each budget"
    )
    return table("budgets", caption, columns, rows, notes)


def row_curves(summary: Mapping[str, Any], name: str) -> dict[str, list[dict[str, float]]]:
    """By seed, the validation points of a row's good runs: [{step, encoded, seconds, value}]."""
    found = {}
    for run in summary["runs"]:
        points_ = [line for line in run["progress"] if SCORE in line.get("validation", {})]
        if run["name"] != name or run["outcome"] != "ok" or not points_:
            continue
        share = run["images"]["encoded"] / run["images"]["gradient"]
        found[str(run["seed"])] = [
            {
                "step": p["step"],
                "encoded": p["images"] * share,
                "seconds": p["seconds"],
                "value": p["validation"][SCORE],
            }
            for p in points_
        ]
    return found


def budget_cell(curves: Mapping[str, list[dict[str, float]]], axis: str, budget: float, notes: Notes) -> Cell:
    """Mean over seeds of the last value within the budget."""
    reached = {}
    for seed, curve in curves.items():
        within = [point["value"] for point in curve if point[axis] <= budget * (1 + 1e-9)]
        reached[seed] = within[-1] if within else None
    found = spread(reached)
    if not found["n"]:
        return missing(notes, "no good run has a validation point within this budget")
    return cell(points(found["mean"]), sub=spread_words(found), sort=found["mean"])
