"""All test scores, and the figures about verification."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Column, Notes, Section, Table, Text, missing, section, table
from workflow.reporting.cells import score_cell
from workflow.reporting.material import Material
from workflow.reporting.pages.papers import papers_table
from workflow.reporting.words import metric, points, spaced
from workflow.summary.stored import BaselineRow

WORDS = (
    "All scores of the test part, in percent, on images that training never saw; all but ID also on classes it never "
    "saw."
)


BASELINE_WORDS = (
    "Baselines are scored as the heads are, but no head trained them: they say what a score is worth, and no test is "
    "made of them."
)
BASELINES = {"raw": "raw pixels", "lda": "LDA of pixels", "untrained": "untrained backbone"}


def page(material: Material) -> Section:
    """Figures, then the scores that tell heads apart, and folded, those that say little more."""
    drawn = material.figure("differences"), material.figure("roc")
    scores = material.summary.scores
    names = scores.loc[scores["part"] == "test", "score"].unique()
    never = {score: reason for score in in_order(names) if (reason := out_of_reach(material, score))}
    shown = [score for score in in_order(names) if score not in never]
    details = [score for score in shown if metric(score).detail]
    tables = [scores_table(material, "scores", "All test scores", [name for name in shown if name not in details])]
    if details:
        folded = scores_table(material, "score-details", "Scores that are saturated or redundant", details)
        tables.append(replace(folded, folded=True))
    words = [Text(WORDS)] + ([Text(BASELINE_WORDS)] if material.summary.stored.baselines else [])
    last = Text(never_words(never)) if never else None
    return section("accuracy", "Accuracy", *drawn, *words, *tables, papers_table(material), last)


def in_order(names: Iterable[str]) -> list[str]:
    """Scores as the table of metrics has them."""
    return sorted(names, key=lambda score: (metric(score).order, score))


def out_of_reach(material: Material, score: str) -> str | None:
    """Why no run on this split can have the score."""
    counted = [run.counts for run in material.summary.stored.runs if run.counts]
    return metric(score).needs(counted[0].get("test", {})) if counted else None


def never_words(never: Mapping[str, str]) -> str:
    """Which scores are not listed, and why."""
    listed = "; ".join(f"{metric(score).short} {reason}" for score, reason in never.items())
    return f"Not listed: {spaced(listed)}."


def scores_table(material: Material, name: str, caption: str, scores: Sequence[str]) -> Table:
    """Scores down, heads across, then baselines."""
    notes = Notes()
    baselines = material.summary.stored.baselines
    rows = [
        [
            score_name(score),
            *(score_cell(material, name, score, notes) for name in material.names),
            *(baseline_cell(row, score, notes) for row in baselines),
        ]
        for score in scores
    ]
    columns = [
        Column("Score", numeric=False, weight=1.9),
        *(Column(name, mark=material.marks[name]) for name in material.names),
        *(Column(BASELINES.get(row.kind, row.kind), unit="baseline") for row in baselines),
    ]
    return table(name, caption, columns, rows, notes, filterable=True)


def baseline_cell(row: BaselineRow, score: str, notes: Notes) -> Cell:
    """A baseline's score in percent, with its standard error over resampled classes."""
    value, error = row.scores["test"].get(score), row.se.get("test", {}).get(score)
    if value is None:
        return missing(notes, row.reason or "nothing was trained, so there is no such score")
    return Cell(
        points(value),
        sub="" if error is None else f"SE {points(error)}",
        sort=100 * value,
        records=anchor("baseline", row.kind),
    )


def score_name(score: str) -> Cell:
    """The first cell of a score's row."""
    row = metric(score)
    sub = "lower is better" if row.better == "low" else score
    return Cell(row.short, sub=sub, sort=score, title=row.description, tone="score")
