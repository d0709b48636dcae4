"""One colour and one marker per head, the same in every figure, table and rendering; safe for colour-blind readers."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

INK, GRID = "#2b303b", "#c9ced6"
"""Text and grid of every figure. The HTML report swaps them for the page's own colours, light or dark."""


@dataclass(frozen=True)
class Mark:
    """How a head is drawn: a hex colour, a matplotlib marker, and the same marker as a character for tables."""

    colour: str
    marker: str
    sign: str


# Hues after Okabe and Ito, set to a lightness that stands out from white and from near-black alike.
SHIPPED = {  # the heads in README's table
    "fc": Mark("#7d8594", "o", "●"),
    "partial_fc": Mark("#2f86d1", "s", "■"),
    "dcq": Mark("#dc6a1a", "D", "◆"),
    "f2c": Mark("#0f9d76", "^", "▲"),
    "virtual_fc": Mark("#c4679c", "v", "▼"),
    "hf_softmax": Mark("#b98a00", "p", "⬟"),
    "triplet": Mark("#3aa6c4", "X", "✖"),
    "n_pair": Mark("#6f6ad6", "H", "⬣"),
    "semi_siamese": Mark("#d0566b", "8", "⬤"),
    "uniface": Mark("#5d9423", "d", "♦"),
}
_SPARE = (
    Mark("#8b6fd0", "P", "✚"),
    Mark("#c0504d", "*", "★"),
    Mark("#7a9a2e", "h", "⬢"),
    Mark("#a9744f", "<", "◀"),
    Mark("#5f7fb8", ">", "▶"),
    Mark("#b0578d", "H", "⬣"),
)
PARTS = {"loader": "#9aa3b2", "backbone": "#6b87b5", "twin": "#a58bc9", "head": "#dc6a1a", "other": "#c3b091"}

Dashes = tuple[float, ...]
DASHES: tuple[Dashes, ...] = ((), (5, 2), (1.5, 1.5), (6, 2, 1.5, 2))


@dataclass(frozen=True)
class Style:
    """How a row is drawn: its head's colour and marker, filled or hollow, and its line's dashes (none: solid)."""

    colour: str
    marker: str
    dashes: Dashes
    filled: bool

    @property
    def fill(self) -> str:
        return self.colour if self.filled else "none"

    @property
    def line(self) -> str | tuple[float, Dashes]:
        """The line style as matplotlib takes it."""
        return (0, self.dashes) if self.dashes else "solid"


Styles = dict[str, Style]


def marks(labels: Iterable[str]) -> dict[str, Mark]:
    """A mark for each head label. Known heads always look the same; a user's head takes a spare mark chosen by its
    name, the next free one if two of them meet, so that adding an unrelated head changes nothing else."""
    labels = list(labels)
    chosen = {label: SHIPPED[label] for label in labels if label in SHIPPED}
    taken: set[int] = set()
    for label in sorted(set(labels) - set(chosen)):
        start = int(hashlib.sha256(label.encode()).hexdigest(), 16) % len(_SPARE)
        order = [(start + step) % len(_SPARE) for step in range(len(_SPARE))]
        place = next((index for index in order if index not in taken), start)
        taken.add(place)
        chosen[label] = _SPARE[place]
    return chosen


def styles(heads: pd.DataFrame) -> Styles:
    """Drawing style by row name, of a table with name, label and ratio: the largest ratio of a head is filled and
    solid, its smaller ones are hollow and dashed."""
    looks = marks(heads["label"])
    found: Styles = {}
    for label, own in heads.sort_values("ratio", ascending=False, kind="stable").groupby("label", sort=False):
        mark = looks[str(label)]
        for place, name in enumerate(own["name"]):
            found[name] = Style(mark.colour, mark.marker, DASHES[place % len(DASHES)], place == 0)
    return {name: found[name] for name in heads["name"]}
