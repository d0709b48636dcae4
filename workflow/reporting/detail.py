"""The sections behind the first page: cost, accuracy, the long tail, learning curves."""

from collections import Counter
from collections.abc import Mapping
from math import inf
from typing import Any

from workflow.evaluating.metrics import describe
from workflow.reporting.blocks import (
    Block,
    Cell,
    Notes,
    cell,
    column,
    figure,
    head_cell,
    mark_of,
    missing,
    section,
    table,
    text,
)
from workflow.reporting.budgets import budget_table
from workflow.reporting.frontpage import no_score, score_cell
from workflow.reporting.words import NOT_MEASURED, number, points, score_words, signed_points, size
from workflow.summary.old.claims import errors_removed, find_reference
from workflow.summary.old.costs import upkeep_words, value_of
from workflow.summary.old.gaps import why_no_device

Summary = Mapping[str, Any]
Looks = Mapping[str, Any]
BUSY = 0.1
"""Cores in use by other programs above which a timing is footnoted."""


def cost_section(summary: Summary, looks: Looks, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Step time, memory and rates of every cost cell."""
    words = (
        "One fresh process a row, alone on the machine, after a warm-up. “Head” is the head by itself on made-up "
        "embeddings; “end-to-end” the whole training step. The floor is the time the head's own arithmetic and "
        "memory traffic would take at this machine's measured rates."
    )
    drawn = [figure(figures, "scaling"), figure(figures, "parts")]
    return section("cost", "Cost", [text(words), *drawn, cost_table(summary, looks) if summary["costs"] else None])


def cost_table(summary: Summary, looks: Looks) -> Block:
    """Every cost cell, whatever its outcome."""
    notes = Notes()
    columns = [
        column("Head", numeric=False, weight=1.7),
        column("Mode", numeric=False, weight=1.2),
        column("Classes", weight=1.1),
    ]
    columns += [
        column("Step", unit="ms, median", weight=1.2),
        column("Of floor", unit="%"),
        column("Images/s", unit="gradient"),
    ]
    columns += [column("Peak", unit="measured", weight=1.1), column("State", unit="declared", weight=1.1)]
    columns += [column("Device", unit="NVML", weight=1.1), column("Energy", unit="J/image", weight=1.1)]
    rows = [cost_line(cost, looks, summary, notes) for cost in summary["costs"]]
    notes, columns, rows = without_unmeasured(notes, columns, rows)
    return table("costs", "Every cost cell", columns, rows, notes, filterable=True, folded=len(rows) > 30)


def without_unmeasured(
    notes: Notes, columns: list[Any], rows: list[list[Cell]]
) -> tuple[Notes, list[Any], list[list[Cell]]]:
    """The table without columns that no row has a number in; a footnote names each of them with its reason."""
    empty = [place for place in range(len(columns)) if rows and all(row[place]["tone"] == "missing" for row in rows)]
    kept = [place for place in range(len(columns)) if place not in empty]
    trimmed = [[row[place] for place in kept] for row in rows]
    fresh = Notes()
    for row in trimmed:
        for entry in row:
            entry["note"] = fresh.letter(notes.reasons[notes.place(entry["note"])]) if entry["note"] else ""
    for place in empty:
        title = f"{columns[place]['title']} ({columns[place]['unit']})"
        why = Counter(row[place]["title"] for row in rows).most_common(1)
        fresh.letter(f"{title}: {NOT_MEASURED} for any row; {why[0][0]}")
    return fresh, [columns[place] for place in kept], trimmed


def cost_line(cost: Mapping[str, Any], looks: Looks, summary: Summary, notes: Notes) -> list[Cell]:
    """One cost cell as a table row."""
    lost = f"{cost['outcome']}: {cost['reason'] or 'no reason recorded'}" if cost["outcome"] != "ok" else ""
    steps, memory = cost["step_ms"], cost["memory"]

    def quantity(value: float | None, show: Any, why: str) -> Cell:
        return missing(notes, lost or why) if value is None else cell(show(value), sort=value)

    step = quantity(steps["median"], number, "no step was timed")
    if steps["median"] is not None:
        step["sub"] = f"{number(steps['p10'])} to {number(steps['p90'])}"
        if words := step_words(cost):
            step["note"] = notes.letter(words)
    elif lost:
        step = {**step, "text": cost["outcome"], "tone": "bad"}
    device = why_no_device(summary)
    return [
        head_cell(cost, looks),
        cell(cost["mode"], sort=cost["mode"]),
        cell(number(cost["classes"], 1), sort=cost["classes"]),
        step,
        quantity(cost["floor_share"], lambda share: points(share, 0), "the floor is stated for the head alone"),
        quantity(value_of(cost, "images_per_second.gradient"), number, "no step was timed"),
        quantity(cost["peak_bytes"], size, "no memory meter reported"),
        quantity(memory["declared_state_bytes"], size, "the head declares no state"),
        quantity(memory["nvml_process_bytes"] or memory["nvml_device_bytes"], size, device),
        quantity(cost["nvml"]["energy_j_per_image"], number, device),
    ]


def step_words(cost: Mapping[str, Any]) -> str:
    """What a reader of a step time must know: periodic work that is in it, and programs that ran beside it."""
    found = [upkeep_words(cost)]
    if (cost.get("other_load_cores") or 0) > BUSY:
        busy = number(cost["other_load_cores"], 2)
        found.append(f"other programs used {busy} cores while this was timed: read it with care")
    return "; ".join(words for words in found if words)


def accuracy_section(summary: Summary, looks: Looks, figures: Mapping[str, Any]) -> dict[str, Any]:
    """All test scores, and the figures about verification."""
    words = (
        "All scores of the test part, in percent, on images that training never saw; all but ID also on classes it "
        "never saw."
    )
    drawn = [figure(figures, "differences"), figure(figures, "roc")]
    names = sorted({score for row in summary["rows"] for score in row["scores"]}, key=score_order)
    return section("accuracy", "Accuracy", [*drawn, text(words), scores_table(summary, looks, names)])


def score_order(score: str) -> tuple[float, float, str]:
    """Scores as in the table of metrics; names of older records, which it no longer holds, after them."""
    try:
        return *describe(score).order, score
    except KeyError:
        return inf, 0.0, score


def scores_table(summary: Summary, looks: Looks, names: list[str]) -> Block:
    """Scores down, heads across."""
    notes = Notes()
    columns = [column("Score", numeric=False, weight=1.9)]
    columns += [{**column(row["name"]), "mark": mark_of(row, looks)} for row in summary["rows"]]
    rows = [[score_name(name), *(score_cell(row, name, notes) for row in summary["rows"])] for name in names]
    return {**table("scores", "All test scores", columns, rows, notes, filterable=True), "across": True}


def score_name(score: str) -> Cell:
    """The first cell of a score's row."""
    words = score_words(score)
    sub = "lower is better" if words.better == "low" else score
    return cell(words.label, sub=sub, sort=score, title=words.description, tone="score")


def tail_section(summary: Summary, looks: Looks, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Many, medium and few: the curve, and the share of the reference's errors each head removes."""
    return section("tail", "Long tail", [figure(figures, "tail"), removed_table(summary, looks)])


def removed_table(summary: Summary, looks: Looks) -> Block | None:
    """Errors removed relative to the reference among many-shot and few-shot classes."""
    base = find_reference(summary)
    others = [row for row in summary["rows"] if not row["reference"]]
    if base is None or not others:
        return None
    notes = Notes()
    columns = [column("Head", numeric=False, weight=1.6), column("Errors removed, many", unit="% of the reference's")]
    columns += [column("Errors removed, few", unit="% of the reference's"), column("Few − many", unit="points")]
    rows = [removed_line(row, base, looks, notes) for row in others]
    caption = (
        "Is a gain a tail effect? Only if few-shot errors shrink, and by more than many-shot ones; minus: more errors"
    )
    return table("removed", caption, columns, rows, notes)


def removed_line(row: Mapping[str, Any], base: Mapping[str, Any], looks: Looks, notes: Notes) -> list[Cell]:
    """One head's row of the errors removed, means over the seeds both have, every seed beneath."""
    removed = errors_removed(row, base)
    if not removed:
        return [head_cell(row, looks), *(missing(notes, no_score(row)) for _ in range(3))]
    columns = [[bins[name] for bins in removed.values()] for name in ("many", "few")]
    columns.append([few - many for many, few in zip(*columns, strict=True)])
    cells = []
    for values in columns:
        average = sum(values) / len(values)
        seeds = ", ".join(signed_points(value) for value in values)
        cells.append(cell(signed_points(average), sub=seeds if len(values) > 1 else "1 seed", sort=average))
    return [head_cell(row, looks), *cells]


def curves_section(summary: Summary, looks: Looks, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Learning curves, and the same accuracy at equal steps, images and seconds."""
    return section("curves", "Learning curves", [figure(figures, "curves"), budget_table(summary, looks)])
