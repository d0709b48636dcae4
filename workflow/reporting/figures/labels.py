"""Labels beside points, placed so that they cover nothing: the same place every time."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

SIDES = (
    *((1, 0, "left"), (-1, 0, "right"), (0, 1, "center"), (0, -1, "center"), (1, 1, "left"), (1, -1, "left")),
    *((-1, 1, "right"), (-1, -1, "right"), (1, 2, "left"), (1, -2, "left"), (-1, 2, "right"), (-1, -2, "right")),
    (1, 0, "left"),
)
"""Where a label may stand, best first: across, up, how it is aligned; the last is taken where none is free."""


@dataclass(frozen=True)
class Spot:
    """A point in data coordinates with the size of its mark in points, and its label."""

    x: float
    y: float
    mark: float
    text: str
    colour: str


def place_labels(figure: Figure, axes: Axes, spots: list[Spot]) -> None:
    """Write every label beside its point, on the first side where it covers no mark and no label."""
    figure.draw_without_rendering()
    taken = [mark_box(axes, spot) for spot in spots]
    for spot in spots:
        taken.append(place_label(axes, spot, taken))


def mark_box(axes: Axes, spot: Spot) -> Bbox:
    """What the mark of a point covers, in pixels."""
    (x, y), half = axes.transData.transform((spot.x, spot.y)), spot.mark / 2 * axes.figure.dpi / 72
    return Bbox.from_extents(x - half, y - half, x + half, y + half)


def place_label(axes: Axes, spot: Spot, taken: list[Bbox]) -> Bbox:
    """Write one label, and return what it covers."""
    frame = axes.get_window_extent()
    for attempt, (across, up, side) in enumerate(SIDES, 1):
        offset = (across * (spot.mark / 2 + 4), up * (spot.mark / 2 + 8))
        note = axes.annotate(spot.text, (spot.x, spot.y), offset, textcoords="offset points")
        note.set(ha=side, va="center", color=spot.colour)
        box = note.get_window_extent().expanded(1.02, 1.1)
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if attempt == len(SIDES) or (inside and not any(box.overlaps(other) for other in taken)):
            break
        note.remove()
    return box
