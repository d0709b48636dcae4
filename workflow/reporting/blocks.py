"""The pieces that a report is made of. HTML and PDF draw these and nothing else, so they cannot disagree.

`kind` is what the templates tell blocks apart by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from workflow.reporting.listed import Entries
from workflow.reporting.palette import Mark
from workflow.reporting.words import NOT_MEASURED, spaced


@dataclass(frozen=True)
class Named:
    """A row's name with the mark of its head."""

    name: str
    mark: Mark


@dataclass(frozen=True)
class Cell:
    """A table cell: what it says, a smaller second line, what it sorts by, tone, footnote letter, tooltip and mark.

    In a numeric column `sort` is the raw number, in the column's `raw` unit: it is what is copied. `records` is the
    anchor of the records that the number comes from (see anchors.py), `file` the path of the record that it names.
    """

    text: str
    sub: str = ""
    sort: float | str | None = None
    tone: str = ""
    note: str = ""
    title: str = ""
    mark: Mark | None = None
    records: str = ""
    file: str = ""


@dataclass(frozen=True)
class Column:
    """A table column; `weight` is its share of the page's width in the PDF, `hint` its tooltip, `raw` the unit of the
    cells' raw numbers where that is not the one that is printed."""

    title: str
    unit: str = ""
    numeric: bool = True
    weight: float = 1
    hint: str = ""
    mark: Mark | None = None
    raw: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind: str = field(default="text", init=False)


@dataclass(frozen=True)
class Caution:
    """What must be read together with the numbers above or below it."""

    items: tuple[str, ...]
    kind: str = field(default="caution", init=False)


@dataclass(frozen=True)
class AnswerCard:
    """A question with its answer in large type; without `names` it is unanswered, and `detail` says why.

    `records` is the anchor of the records that the value comes from, where that is one row's."""

    question: str
    detail: str
    names: tuple[Named, ...] = ()
    value: str = ""
    unit: str = ""
    ties: tuple[Named, ...] = ()
    tie_words: str = ""
    records: str = ""


@dataclass(frozen=True)
class Price:
    """What a row costs: cells of its images per second and of its memory."""

    rate: Cell
    memory: Cell


@dataclass(frozen=True)
class Answers:
    """All questions with their answers, and what each row costs; `where` says in which setting."""

    items: tuple[AnswerCard, ...]
    prices: Mapping[str, Price] = field(default_factory=dict)
    where: str = ""
    kind: str = field(default="answers", init=False)


@dataclass(frozen=True)
class Definitions:
    """Terms with their values; `short` ones stand two to a line on paper."""

    items: tuple[tuple[str, str], ...]
    short: bool
    kind: str = field(default="definitions", init=False)


@dataclass(frozen=True)
class Drawing:
    """A figure: its title, how to read it, and what it does not show."""

    name: str
    title: str
    read: str
    limits: str
    kind: str = field(default="figure", init=False)


@dataclass(frozen=True)
class Absent:
    """A figure that is not drawn, and why."""

    title: str
    reason: str
    kind: str = field(default="absent", init=False)


@dataclass(frozen=True)
class Table:
    """A table; `notes` are footnotes (letter, reason), `remarks` what is to be known of all. A `folded` one is closed
    at first in the HTML. Its first `keys` columns say what a row is: on paper a wide table is split, these in
    each part."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[tuple[str, str], ...] = ()
    folded: bool = False
    filterable: bool = False
    keys: int = 1
    remarks: tuple[str, ...] = ()
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Listing:
    """Text to be copied as it is: a command, or a config."""

    name: str
    title: str
    text: str
    kind: str = field(default="listing", init=False)


@dataclass(frozen=True)
class Explorer:
    """Accuracy against cost in a setting that the reader chooses: `data` is what the page's script computes with, and
    `table` what stands there without it."""

    data: dict[str, JsonValue]
    table: Table
    kind: str = field(default="explorer", init=False)


Block = Text | Caution | Answers | Definitions | Drawing | Absent | Table | Entries | Listing | Explorer


@dataclass(frozen=True)
class Section:
    """A titled section of the report."""

    name: str
    title: str
    blocks: tuple[Block, ...]


class Notes:
    """Footnotes of one table: equal reasons share a letter."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def letter(self, reason: str) -> str:
        """The footnote letter of a reason: a, b, ... z, aa, ab."""
        reason = spaced(reason)
        if reason not in self.reasons:
            self.reasons.append(reason)
        place = self.reasons.index(reason)
        return ("" if place < 26 else chr(96 + place // 26)) + chr(97 + place % 26)

    def listed(self) -> tuple[tuple[str, str], ...]:
        """(letter, reason) in order of first use."""
        return tuple((self.letter(reason), reason) for reason in self.reasons)


def missing(notes: Notes, reason: str) -> Cell:
    """The cell of a number that was not measured: it says so, and why."""
    return Cell(NOT_MEASURED, tone="missing", note=notes.letter(reason), title=spaced(reason))


def table(
    name: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    notes: Notes | None = None,
    *,
    folded: bool = False,
    filterable: bool = False,
) -> Table:
    """A table of rows that were gathered in lists."""
    cells = tuple(tuple(row) for row in rows)
    return Table(name, caption, tuple(columns), cells, notes.listed() if notes else (), folded, filterable)


def definitions(items: Sequence[tuple[str, str]]) -> Definitions:
    """Terms with their values."""
    return Definitions(tuple(items), short=all(len(value) <= 24 for _, value in items))


def section(name: str, title: str, *blocks: Block | None) -> Section:
    """A section of the blocks that there are."""
    return Section(name, title, tuple(block for block in blocks if block))


def with_note(cell: Cell, notes: Notes, words: str) -> Cell:
    """The cell with a footnote, if there is something to say."""
    return replace(cell, note=notes.letter(words)) if words else cell
