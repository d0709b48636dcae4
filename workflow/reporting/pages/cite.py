"""How to cite, and under which licences the data stands."""

from workflow.reporting.blocks import Cell, Column, Section, Text, section, table
from workflow.reporting.material import Material
from workflow.reporting.words import NOT_RECORDED
from workflow.summary.facts import Facts, Source

TITLE = "Citing, licences"
COLUMNS = (
    Column("Source", numeric=False, weight=2),
    Column("Version", numeric=False),
    Column("Licence", numeric=False, weight=1.4),
    Column("State", numeric=False, weight=1.6),
)


def page(material: Material) -> Section:
    """The citation, and the sources of the images."""
    facts = material.summary.facts
    rows = [source_line(source) for source in facts.dataset.sources]
    licences = Text("The dataset's manifest records no sources or licences.")
    listed = table("sources", "Sources of the images", COLUMNS, rows) if rows else licences
    return section("cite", TITLE, Text(citation(facts)), listed)


def citation(facts: Facts) -> str:
    """How to name this report."""
    commit = (facts.collected.commit or NOT_RECORDED)[:12]
    return (
        "Cite the software by its CITATION.cff, and this report as: Headroom, profile "
        f"“{facts.profile}”, protocol {facts.protocol or NOT_RECORDED}, commit {commit}, "
        f"{facts.collected.start[:10]}. Cite the papers of the heads you use."
    )


def source_line(source: Source) -> list[Cell]:
    """One source of images."""
    named = [Cell(text or NOT_RECORDED) for text in (source.package, source.version, source.licence)]
    return [*named, Cell(source.status, sub=source.reason or "", tone="" if source.status == "ok" else "bad")]
