"""One colour and one marker per head, the same in every figure, table and rendering; safe for colour-blind readers."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

INK, GRID = "#2b303b", "#c9ced6"
"""Text and grid of every figure. The HTML report swaps them for the page's own colours, light or dark."""


@dataclass(frozen=True)
class Mark:
    """How a head is drawn: a hex colour, a matplotlib marker, and the same marker as a character for tables."""

    colour: str
    marker: str
    sign: str


# Hues after Okabe and Ito, set to a lightness that stands out from white and from near-black alike.
_KNOWN = {
    "fc": Mark("#7d8594", "o", "●"),
    "partial_fc": Mark("#2f86d1", "s", "■"),
    "dcq": Mark("#dc6a1a", "D", "◆"),
    "f2c": Mark("#0f9d76", "^", "▲"),
    "virtual_fc": Mark("#c4679c", "v", "▼"),
    "hf_softmax": Mark("#b98a00", "p", "⬟"),
    "triplet": Mark("#3aa6c4", "X", "✖"),
}
_SPARE = (
    Mark("#8b6fd0", "P", "✚"),
    Mark("#c0504d", "*", "★"),
    Mark("#7a9a2e", "h", "⬢"),
    Mark("#a9744f", "<", "◀"),
    Mark("#5f7fb8", ">", "▶"),
    Mark("#b0578d", "d", "♦"),
)
LINES = ("solid", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
PARTS = {"loader": "#9aa3b2", "backbone": "#6b87b5", "twin": "#a58bc9", "head": "#dc6a1a", "other": "#c3b091"}


def marks(labels: Iterable[str]) -> dict[str, Mark]:
    """A mark for each head label. Known heads always look the same; a user's head takes a spare mark chosen by its
    name, the next free one if two of them meet, so that adding an unrelated head changes nothing else."""
    chosen = {label: _KNOWN[label] for label in labels if label in _KNOWN}
    taken: set[int] = set()
    for label in sorted(set(labels) - set(chosen)):
        start = int(hashlib.sha256(label.encode()).hexdigest(), 16) % len(_SPARE)
        order = [(start + step) % len(_SPARE) for step in range(len(_SPARE))]
        place = next((index for index in order if index not in taken), start)
        taken.add(place)
        chosen[label] = _SPARE[place]
    return chosen


def styles(rows: Iterable[Mapping[str, object]]) -> dict[str, dict[str, object]]:
    """Drawing style by row name: the head's colour and marker, a line style and fill that tell its ratios apart."""
    rows = list(rows)
    looks = marks([str(row["label"]) for row in rows])
    found: dict[str, dict[str, object]] = {}
    for label, mark in looks.items():
        own = sorted((row for row in rows if row["label"] == label), key=lambda row: -float(str(row["ratio"])))
        for place, row in enumerate(own):
            line = LINES[place % len(LINES)]
            found[str(row["name"])] = {"colour": mark.colour, "marker": mark.marker, "line": line, "filled": place == 0}
    return {str(row["name"]): found[str(row["name"])] for row in rows}
