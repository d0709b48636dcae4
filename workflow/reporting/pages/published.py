"""The main tables of other machines' published summaries, never in one column with the reader's own."""

from workflow.reporting.blocks import Block, Section, Text, section
from workflow.reporting.material import Material
from workflow.reporting.pages.heads import main_table
from workflow.summary.summary import Summary


def page(material: Material) -> Section | None:
    """A table a machine; None where nothing is published."""
    if not material.published:
        return None
    blocks: list[Block] = [Text("Records that others published, as they stood. Do not compare cost across machines.")]
    for machine, other in material.published.items():
        blocks += [Text(words(machine, other, material.summary)), main_table(Material(other), f"published-{machine}")]
    return section("published", "Published elsewhere", *blocks)


def words(machine: str, other: Summary, own: Summary) -> str:
    """Where a published table comes from, and whether its scores may be compared."""
    theirs, ours = other.facts, own.facts
    same = all(getattr(theirs, name) == getattr(ours, name) for name in ("protocol", "dataset_hash", "split_hash"))
    alike = "the same protocol, data and split as this run" if same else "another protocol, data set or split"
    return f"Published from {machine}: {alike}; dataset {theirs.dataset.name}, backbone {theirs.backbone}."
