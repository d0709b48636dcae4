"""The whole report as data: title, sections, blocks, in the order in which both HTML and PDF print them."""

from dataclasses import dataclass
from pathlib import Path

from workflow.cells.paths import PUBLISHED_SUMMARIES
from workflow.reporting.blocks import Drawing, Section
from workflow.reporting.figures.index import read_index
from workflow.reporting.material import Material
from workflow.reporting.pages import (
    accuracy,
    answer,
    cite,
    claims,
    cost,
    curves,
    gaps,
    heads,
    method,
    provenance,
    published,
    scale,
    settings,
    tail,
    tradeoff,
    tuned,
)
from workflow.reporting.standing import standing
from workflow.reporting.words import NOT_RECORDED, seeds_words
from workflow.summary.links import inside, relinked
from workflow.summary.reading import read_summary
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise
from workflow.summary.vocabulary import Ending

PAGES = (
    *(
        answer.page,
        tradeoff.page,
        heads.page,
        claims.page,
        cost.page,
        scale.page,
        accuracy.page,
        tail.page,
        curves.page,
        tuned.page,
    ),
    *(published.page, method.page, settings.page, provenance.page, gaps.page, cite.page),
)
"""The sections, in the order of the contents."""


@dataclass(frozen=True)
class Document:
    """What both renderings print; `facts` stand in a line under the title."""

    title: str
    kicker: str
    profile: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]

    @property
    def drawn(self) -> list[str]:
        """The names of the figures in it."""
        blocks = (block for section in self.sections for block in section.blocks)
        return [block.name for block in blocks if isinstance(block, Drawing)]


def load(summary: Path, figures: Path, published: Path | None = None) -> Material:
    """What a report is made from: a summary's file, its figures' folder, and summaries published from other machines.

    Benchmark records that lie beside published summaries are none, and are passed over.
    """
    if published is None:
        return Material(read_summary(summary), read_index(figures))
    own = read_published(summary) if summary.resolve().is_relative_to(published.resolve()) else read_summary(summary)
    return Material(own, read_index(figures), others(published, summary))


def others(published: Path, own: Path) -> dict[str, Summary]:
    """The summaries under results/published but `own`, by the machine and profile that their folders are named for."""
    found = sorted(path for pattern in PUBLISHED_SUMMARIES for path in published.glob(pattern))
    return {
        path.parent.relative_to(published).as_posix(): read_published(path)
        for path in found
        if path.resolve() != own.resolve()
    }


def read_published(path: Path) -> Summary:
    """A published summary; where records are not published beside it, it is the only record of its numbers."""
    found = read_summary(path).stored
    return summarise(relinked(found, lambda record: record if inside(record, [path.parent]) else path.as_posix()))


def document(material: Material) -> Document:
    """Title, lead, facts and sections."""
    sections = [page(material) for page in PAGES]
    return Document(
        title="Which classification head?",
        kicker="Headroom",
        profile=material.summary.facts.profile,
        lead=standing(material.summary),
        facts=facts(material.summary),
        sections=tuple(section for section in sections if section),
    )


def facts(summary: Summary) -> tuple[tuple[str, str], ...]:
    """The line under the title."""
    found, runs = summary.facts, summary.runs
    done = f"{(runs['outcome'] == Ending.OK).sum()} of {len(runs)} ok, {seeds_words(runs['seed'].nunique())}"
    return (
        ("Profile", found.profile),
        ("Data", found.dataset.name or NOT_RECORDED),
        ("Backbone", found.backbone or NOT_RECORDED),
        ("Device", trained_on(summary)),
        ("Runs", done),
    )


def trained_on(summary: Summary) -> str:
    """The device of machine.json; without one, those of the runs."""
    machine = summary.facts.machine
    used = [machine.device] if machine and machine.device else sorted(set(summary.runs["device"].dropna()))
    return ", ".join(used) or NOT_RECORDED
