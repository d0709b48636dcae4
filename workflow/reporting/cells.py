"""Table cells that several pages share: scores and differences."""

from dataclasses import replace

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Cell, Notes, missing
from workflow.reporting.material import Material
from workflow.reporting.words import ending_words, points, signed_points, spread_words
from workflow.summary.statistics import by_seed, difference, reasons, spread
from workflow.summary.vocabulary import Difference

TONES = {Difference.HIGHER: "good", Difference.LOWER: "bad"}


def score_cell(material: Material, name: str, score: str, notes: Notes) -> Cell:
    """Mean and spread of a test score in percent."""
    found = spread(by_seed(material.summary, name, score))
    if not found.n:
        return missing(notes, no_score(material, name, score))
    return Cell(
        points(found.mean), sub=spread_words(found), sort=percent(found.mean), records=anchor("evaluation", name)
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
    """Paired difference to the reference with what the seeds allow to say of it."""
    if name == material.summary.reference:
        return Cell("reference", tone="quiet", sort=0.0)
    found = difference(material.summary, name, score)
    if not found.n:
        return missing(notes, "no seed has this score for both this head and the reference (fc, if it is in the run)")
    tone = TONES.get(found.verdict, "")
    shown = Cell(signed_points(found.mean), sub=found.verdict, sort=percent(found.mean), tone=tone)
    return replace(shown, records=anchor("evaluation", name))
