"""The pieces a report is made of. Both renderings draw these and nothing else, so they cannot disagree."""

from collections.abc import Mapping, Sequence
from typing import Any

from workflow.reporting.palette import marks
from workflow.reporting.words import NOT_MEASURED

Block = dict[str, Any]
Cell = dict[str, Any]


class Notes:
    """Footnotes of one table: equal reasons share a letter."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def letter(self, reason: str) -> str:
        """The footnote letter of a reason: a, b, ... z, aa, ab."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        place = self.reasons.index(reason)
        return ("" if place < 26 else chr(96 + place // 26)) + chr(97 + place % 26)

    def place(self, letter: str) -> int:
        """The place of the reason that has this letter."""
        return next(place for place, reason in enumerate(self.reasons) if self.letter(reason) == letter)

    def listed(self) -> list[list[str]]:
        """[[letter, reason], ...] in order of first use."""
        return [[self.letter(reason), reason] for reason in self.reasons]


def cell(
    text: str, *, sub: str = "", sort: float | str | None = None, tone: str = "", note: str = "", title: str = ""
) -> Cell:
    """A table cell: what it says, a smaller second line, what it sorts by, its tone, footnote letter and tooltip."""
    return {"text": text, "sub": sub, "sort": sort, "tone": tone, "note": note, "title": title, "mark": None}


def missing(notes: Notes, reason: str) -> Cell:
    """The cell of a number that was not measured: it says so, and why."""
    return cell(NOT_MEASURED, tone="missing", note=notes.letter(reason), title=reason)


def head_cell(row: Mapping[str, Any], looks: Mapping[str, Any], sub: str = "") -> Cell:
    """The cell of a head's name with its mark."""
    return {**cell(row["name"], sub=sub, sort=row["name"], tone="head"), "mark": mark_of(row, looks)}


def mark_of(row: Mapping[str, Any], looks: Mapping[str, Any]) -> dict[str, str]:
    """Colour and sign of a row's head."""
    return {"colour": looks[row["label"]].colour, "sign": looks[row["label"]].sign}


def looks_of(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """The mark of every head label of a summary."""
    return marks([row["label"] for row in summary["rows"]])


def column(
    title: str, *, unit: str = "", numeric: bool = True, weight: float = 1, title_of: str = ""
) -> dict[str, Any]:
    """A table column; `weight` is its share of the page's width in the PDF, `title_of` its tooltip."""
    return {"title": title, "unit": unit, "numeric": numeric, "weight": weight, "hint": title_of, "mark": None}


def table(
    name: str,
    caption: str,
    columns: Sequence[Mapping[str, Any]],
    rows: Sequence[Sequence[Cell]],
    notes: Notes | None = None,
    *,
    folded: bool = False,
    filterable: bool = False,
) -> Block:
    """A table; `folded` ones are closed at first in the HTML."""
    return {
        "kind": "table",
        "name": name,
        "caption": caption,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "notes": notes.listed() if notes else [],
        "folded": folded,
        "filterable": filterable,
    }


def text(words: str) -> Block:
    """A paragraph."""
    return {"kind": "text", "text": words}


def caution(items: Sequence[str]) -> Block:
    """What must be read together with the numbers above or below it."""
    return {"kind": "caution", "items": list(items)}


def definitions(items: Sequence[tuple[str, str]]) -> Block:
    """Terms with their values; `short` ones stand two to a line on paper."""
    short = all(len(value) <= 24 for _, value in items)
    return {"kind": "definitions", "items": [list(item) for item in items], "short": short}


def figure(figures: Mapping[str, Any], name: str) -> Block:
    """A figure, or the reason why it is not drawn."""
    entry = figures.get(name) or {"title": name, "drawn": False, "reason": "the figures were not made", "read": ""}
    return {"kind": "figure" if entry["drawn"] else "absent", "name": name, **entry}


def section(name: str, title: str, blocks: Sequence[Block | None]) -> dict[str, Any]:
    """A titled section of the report."""
    return {"name": name, "title": title, "blocks": [block for block in blocks if block]}
