"""Table cells that several pages share: scores and differences."""

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Notes, missing
from workflow.reporting.material import Material
from workflow.reporting.words import (
    difference_words,
    ending_words,
    error_words,
    mean_words,
    points,
    signed_points,
    verdict_words,
)
from workflow.summary.lacking import reasons
from workflow.summary.statistics import Contrast, compare, difference
from workflow.summary.summary import line_of
from workflow.summary.vocabulary import Difference

TONES = {Difference.HIGHER: "good", Difference.LOWER: "bad"}


def score_cell(material: Material, name: str, score: str, notes: Notes) -> Cell:
    """Mean of a test score in percent over the half-width of its interval."""
    found = line_of(compare(material.summary, score), name)
    if not found["n"]:
        return missing(notes, no_score(material, name, score))
    return Cell(
        points(float(found["mean"])),
        sub=mean_words(found),
        sort=percent(float(found["mean"])),
        records=anchor("evaluation", name),
    )


def percent(share: float | None) -> float | None:
    """A share as it is copied: in percent, as printed, with all its digits."""
    return None if share is None else 100 * share


def no_score(material: Material, name: str, score: str = "") -> str:
    """Why a row lacks a score: the evaluation's reasons if it lists the score, else what became of the runs."""
    scores = material.summary.scores
    if score and (scores.loc[scores["part"] == "test", "score"] == score).any():
        return "; ".join(reasons(material.summary, name, score))
    lost = sorted({ending_words(run.outcome, run.reason) for run in material.bad_runs(name)})
    return "; ".join(lost) or "the evaluation did not compute this score"


def difference_cell(material: Material, name: str, score: str, notes: Notes) -> Cell:
    """Difference to the reference with what seeds and test classes allow to say of it."""
    if name == material.summary.reference:
        return Cell("reference", tone="quiet", sort=0.0)
    found = difference(material.summary, name, score)
    if found is None:
        return missing(notes, "this head or the reference (fc, if it is in the run) lacks this score")
    return contrast_cell(found, name)


def contrast_cell(found: Contrast, name: str) -> Cell:
    """A difference of a row with what its interval allows to say."""
    return Cell(
        signed_points(found.difference),
        sub=verdict_words(found),
        sort=percent(found.difference),
        tone=TONES.get(found.verdict, ""),
        title=f"{difference_words(found)}; {error_words(found)}",
        records=anchor("difference", name),
    )
