"""The block that lists the records behind the numbers."""

from dataclasses import dataclass, field

from workflow.reporting.authorship import TERMS


@dataclass(frozen=True)
class Entry:
    """A record in the list of records: its anchor, what it is of, its path, and who wrote it, in the order of TERMS;
    nothing where only the record itself says so."""

    anchor: str
    what: str
    path: str
    author: tuple[str, ...]


@dataclass(frozen=True)
class EntryGroup:
    """The records behind one number, with an anchor of their own."""

    anchor: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Joint:
    """Groups that one number comes from together, such as a difference."""

    anchor: str
    title: str
    parts: tuple[EntryGroup, ...]


@dataclass(frozen=True)
class Entries:
    """All records that numbers come from, grouped as numbers need them; `joints` name groups again."""

    groups: tuple[EntryGroup, ...]
    joints: tuple[Joint, ...] = ()
    terms: tuple[str, ...] = TERMS
    kind: str = field(default="entries", init=False)

    @property
    def anchors(self) -> set[str]:
        """Every place that a number may point at."""
        own = {group.anchor for group in self.groups} | {joint.anchor for joint in self.joints}
        return own | {entry.anchor for group in self.groups for entry in group.entries}
