"""The block that lists the records behind the numbers."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """A record in the list of records: its anchor, what it is of, its path, and facts about who wrote it."""

    anchor: str
    what: str
    path: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class EntryGroup:
    """The records behind one number, with an anchor of their own."""

    anchor: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Entries:
    """All records that numbers come from, grouped as numbers need them."""

    groups: tuple[EntryGroup, ...]
    kind: str = field(default="entries", init=False)

    @property
    def anchors(self) -> set[str]:
        """Every place that a number may point at."""
        own = {group.anchor for group in self.groups}
        return own | {entry.anchor for group in self.groups for entry in group.entries}
