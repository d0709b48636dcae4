"""Records of what others published: they have places of their own in the list, so that none is taken for this run's."""

from collections.abc import Mapping
from dataclasses import replace

from workflow.reporting.anchors import anchor
from workflow.reporting.blocks import Table
from workflow.reporting.entries import differences, joint, of_costs, scores, training
from workflow.reporting.listed import Entries, EntryGroup, Joint
from workflow.summary.machines import comparable
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Mode


def there(machine: str, place: str) -> str:
    """The place of another machine's record, from the place that it would have as one's own."""
    return anchor("published", machine, place)


def linked_there(found: Table, machine: str) -> Table:
    """A table of another machine's numbers with links to that machine's records."""
    rows = (
        tuple(replace(cell, records=there(machine, cell.records)) if cell.records else cell for cell in row)
        for row in found.rows
    )
    return replace(found, rows=tuple(rows))


def elsewhere(own: Summary, published: Mapping[str, Summary]) -> Entries:
    """What the main tables of other machines rest on, and, where a machine ran the same, the scores of both."""
    groups: list[EntryGroup] = []
    joints: list[Joint] = []
    for machine, other in published.items():
        runs, whole = other.stored.runs, [cost for cost in other.stored.costs if cost.mode == Mode.WHOLE]
        every = (moved(each, machine) for each in (*scores(runs), *training(runs), *of_costs(whole)) if each.entries)
        found = {each.anchor: each for each in every}
        known = {each.anchor: found[there(machine, each.anchor)] for each in scores(runs) if each.entries}
        joints += (replace(each, anchor=there(machine, each.anchor)) for each in differences(other, known))
        groups += found.values()
        if comparable(own, other):
            both = (*scores(own.stored.runs), *known.values())
            joints.append(joint(("machines", machine), f"Scores of this run and of {machine}", both))
    return Entries(tuple(groups), tuple(joints))


def moved(found: EntryGroup, machine: str) -> EntryGroup:
    """The same records as those of another machine."""
    entries = (replace(entry, anchor=there(machine, entry.anchor)) for entry in found.entries)
    return EntryGroup(there(machine, found.anchor), f"{machine}: {found.title}", tuple(entries))
