"""The papers' headline claims, each with what decides it and its verdict."""

from workflow.reporting.blocks import Caution, Cell, Column, Section, section, table
from workflow.reporting.caveats import caveat_words
from workflow.reporting.claim_words import decided_by, measured
from workflow.reporting.material import Material
from workflow.reporting.words import spaced
from workflow.summary.claims import Judgement
from workflow.summary.vocabulary import Verdict

TONES = {
    Verdict.REPRODUCED: "good",
    Verdict.REFUTED: "bad",
    Verdict.OPEN: "open",
    Verdict.OUTSIDE: "open",
    Verdict.DESIGN: "good",
    Verdict.ABSENT: "missing",
}


def page(material: Material) -> Section:
    """The table of claims under the first caveat."""
    columns = [
        Column("Claim", numeric=False, weight=2.6),
        Column("Decided by", numeric=False, weight=2.6),
        Column("Measured here", numeric=False, weight=2.2),
        Column("Verdict", numeric=False, weight=1.3),
    ]
    rows = [claim_line(judgement) for judgement in material.judgements]
    caption = "Headline claims of the papers, and what this run says about them"
    first = Caution(caveat_words(material.summary)[:1])
    return section("claims", "Claims of the papers", first, table("claims", caption, columns, rows))


def claim_line(judgement: Judgement) -> list[Cell]:
    """One claim."""
    claim = judgement.claim
    return [
        Cell(claim.statement, sub=f"{claim.paper}. {claim.source}", tone="prose"),
        Cell(decided_by(claim), tone="prose"),
        Cell(spaced(measured(judgement)), tone="prose"),
        Cell(judgement.verdict, tone=f"verdict {TONES[judgement.verdict]}", sort=judgement.verdict),
    ]
