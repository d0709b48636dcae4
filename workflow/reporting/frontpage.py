"""The first page: the answer, the main table, the claims; and the cells that later tables share with it."""

from collections.abc import Mapping
from typing import Any

from workflow.reporting.blocks import (
    Block,
    Cell,
    Notes,
    caution,
    cell,
    column,
    head_cell,
    mark_of,
    missing,
    section,
    table,
    text,
)
from workflow.reporting.words import number, points, score_words, signed_points, size, spread_words
from workflow.summary.old.answers import hardest
from workflow.summary.old.costs import upkeep_words, value_of

Summary = Mapping[str, Any]
Looks = Mapping[str, Any]
TONES = {"reproduced": "good", "not reproduced": "bad", "inconclusive": "open", "not measured here": "missing"}


def answer_section(summary: Summary, looks: Looks) -> dict[str, Any]:
    """Which head for which regime, and what must be said beside it."""
    rows = {row["name"]: row for row in summary["rows"]}
    items = []
    for answer in summary["answers"]:
        named = [{"name": name, "mark": mark_of(rows[name], looks)} for name in answer["names"]]
        ties = [{"name": name, "mark": mark_of(rows[name], looks)} for name in answer["ties"]]
        items.append({**answer, "names": named, "ties": ties})
    return section("answer", "The answer", [{"kind": "answers", "items": items}, caution(summary["caveats"])])


def main_section(summary: Summary, looks: Looks) -> dict[str, Any]:
    """The main table."""
    words = (
        "Accuracies in percent, mean over seeds, the spread beneath: both values for two seeds, the 95 % interval "
        "from three on. Hard pairs: telling look-alikes apart among unseen classes. Difference: to the reference "
        "head in hard pairs, paired by seed. 1:N: finding unseen classes in a gallery. ID: finding training classes "
        "on unseen images by one gallery image a class, split by the number of training images. Memory and images per "
        "second are those of the whole training step."
    )
    return section("heads", "Heads and ratios", [text(words), main_table(summary, looks, "main")])


def main_table(summary: Summary, looks: Looks, name: str) -> Block:
    """Heads x ratios: accuracy, many, medium, few, 1:N, memory, images per second."""
    notes = Notes()
    identification = hardest(summary, "identification/rank1")
    scores = [identification, "closed/rank1", *(f"closed/rank1/{group}" for group in ("many", "medium", "few"))]
    hard = "verification_hard/accuracy"
    columns = [column("Head", numeric=False, weight=1.9), column("Seeds ok"), score_column(hard)]
    columns += [column("Difference", unit="points", title_of="to the reference head, paired by seed")]
    columns += [score_column(score) for score in scores]
    columns += [column("Memory", weight=1.15), column("Images/s", unit="gradient"), column("Images/s", unit="encoded")]
    rows = [
        [head_cell(row, looks), seeds_cell(row, notes), score_cell(row, hard, notes), difference_cell(row, hard, notes)]
        + [score_cell(row, score, notes) for score in scores]
        + [memory_cell(row["cost"], notes), *(rate_cell(row["cost"], kind, notes) for kind in ("gradient", "encoded"))]
        for row in summary["rows"]
    ]
    return table(name, "Every head and ratio", columns, rows, notes, filterable=True)


def score_column(score: str) -> dict[str, Any]:
    """A column of a score, its description as tooltip."""
    words = score_words(score)
    label, _, distractors = words.label.partition(" +")
    return column(label, unit=f"+{distractors}, %" if distractors else "%", title_of=words.description)


def seeds_cell(row: Mapping[str, Any], notes: Notes) -> Cell:
    """`2 of 2`; otherwise with a footnote on what became of the others."""
    bad = [run for run in row["outcomes"] if run["outcome"] != "ok"]
    lost = [f"seed {run['seed']} {run['outcome']}: {run['reason'] or 'no reason recorded'}" for run in bad]
    note = notes.letter(f"{row['name']}: {'; '.join(lost)}") if lost else ""
    outcomes = ", ".join(sorted({run["outcome"] for run in bad}))
    tone = "bad" if lost else ""
    count = f"{row['done']} of {row['planned']}"
    return cell(count, sub=outcomes, sort=row["done"], tone=tone, note=note, title="; ".join(lost))


def score_cell(row: Mapping[str, Any], score: str, notes: Notes) -> Cell:
    """Mean and spread of a test score in percent."""
    found = row["scores"].get(score)
    if not found or not found["n"]:
        return missing(notes, "; ".join(found["reasons"]) if found and found["reasons"] else no_score(row))
    return cell(points(found["mean"]), sub=spread_words(found), sort=found["mean"])


def no_score(row: Mapping[str, Any]) -> str:
    """Why a row has no such score at all."""
    lost = sorted({f"{run['outcome']}: {run['reason']}" for run in row["outcomes"] if run["outcome"] != "ok"})
    return "; ".join(lost) or "the evaluation did not compute this score"


def difference_cell(row: Mapping[str, Any], score: str, notes: Notes) -> Cell:
    """Paired difference to the reference with what the seeds allow to say of it."""
    if row["reference"]:
        return cell("reference", tone="quiet", sort=0.0)
    found = row["difference"].get(score)
    if not found or not found["n"]:
        return missing(notes, "no seed has this score for both this head and the reference (fc, if it is in the run)")
    tone = {"higher": "good", "lower": "bad"}.get(found["verdict"], "")
    return cell(signed_points(found["mean"]), sub=found["verdict"], sort=found["mean"], tone=tone)


def memory_cell(cost: Mapping[str, Any] | None, notes: Notes) -> Cell:
    """Measured peak memory of the training step, its meter as a footnote."""
    if not cost or cost["peak_bytes"] is None:
        return missing(notes, no_cost(cost))
    note = notes.letter(f"Memory is the {cost['peak_meter']}")
    return cell(size(cost["peak_bytes"]), sort=cost["peak_bytes"], note=note)


def rate_cell(cost: Mapping[str, Any] | None, kind: str, notes: Notes) -> Cell:
    """Images per second of the training step."""
    value = value_of(cost, f"images_per_second.{kind}") if cost else None
    if value is None:
        return missing(notes, no_cost(cost))
    words = [upkeep_words(cost), "" if cost["exclusive"] else "timed while other jobs ran: not comparable"]
    told = "; ".join(word for word in words if word)
    return cell(number(value), sort=value, note=notes.letter(told) if told else "")


def no_cost(cost: Mapping[str, Any] | None) -> str:
    """Why a cost is not there."""
    if not cost:
        return "no end-to-end cost cell was planned for this row"
    return f"{cost['outcome']}: {cost['reason']}" if cost["outcome"] != "ok" else "the meter reported nothing"


def claims_section(summary: Summary) -> dict[str, Any]:
    """The papers' headline claims, each with its rule and its verdict, and the caveats beside them."""
    columns = [column("Claim", numeric=False, weight=2.6), column("Decided by", numeric=False, weight=2.6)]
    columns += [column("Measured here", numeric=False, weight=2.2), column("Verdict", numeric=False, weight=1.3)]
    rows = [
        [
            cell(claim["statement"], sub=f"{claim['paper']}. {claim['source']}", tone="prose"),
            cell(claim["quantity"], tone="prose"),
            cell(claim["effect"], tone="prose"),
            cell(claim["verdict"], tone=f"verdict {TONES[claim['verdict']]}", sort=claim["verdict"]),
        ]
        for claim in summary["claims"]
    ]
    caption = "Headline claims of the papers, and what this run says about them"
    blocks = [caution(summary["caveats"][:1]), table("claims", caption, columns, rows)]
    return section("claims", "Claims of the papers", blocks)
