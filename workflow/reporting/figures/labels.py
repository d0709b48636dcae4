"""Labels beside points, placed so that they cover nothing: the same place every time."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from workflow.reporting.figures.tags import tag

Side = tuple[int, int, str]
"""steps across and up from a mark, and how the label is aligned there"""
SIDES: tuple[Side, ...] = (
    *((1, 0, "left"), (-1, 0, "right"), (0, 1, "center"), (0, -1, "center"), (1, 1, "left"), (1, -1, "left")),
    *((-1, 1, "right"), (-1, -1, "right"), (1, 2, "left"), (1, -2, "left"), (-1, 2, "right"), (-1, -2, "right")),
    *((0, 2, "center"), (0, -2, "center"), (1, 3, "left"), (1, -3, "left"), (-1, 3, "right"), (-1, -3, "right")),
)
"""Where a label may stand, best first."""
NEAR = 1
"""steps up or down from which on a line leads from the label to its mark"""

Segment = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Spot:
    """A point in data coordinates with the size of its mark in points, and its label."""

    x: float
    y: float
    mark: float
    text: str
    colour: str


def place_labels(figure: Figure, axes: Axes, spots: list[Spot], lines: Sequence[Segment] = ()) -> None:
    """Write every label beside its point, on the first side where it covers no mark, no label and none of `lines`,
    which are segments in data coordinates, or as little as can be."""
    figure.draw_without_rendering()
    taken = [mark_box(axes, spot) for spot in spots] + [line_box(axes, line) for line in lines]
    for spot in spots:
        taken.append(place_label(axes, spot, taken))


def mark_box(axes: Axes, spot: Spot) -> Bbox:
    """What the mark of a point covers, in pixels."""
    (x, y), half = axes.transData.transform((spot.x, spot.y)), spot.mark / 2 * axes.figure.dpi / 72
    return Bbox.from_extents(x - half, y - half, x + half, y + half)


def line_box(axes: Axes, line: Segment) -> Bbox:
    """What a vertical or horizontal line covers, in pixels."""
    (x0, y0), (x1, y1) = axes.transData.transform(line)
    return Bbox.from_extents(min(x0, x1) - 1, min(y0, y1) - 1, max(x0, x1) + 1, max(y0, y1) + 1)


def place_label(axes: Axes, spot: Spot, taken: list[Bbox]) -> Bbox:
    """Write one label, and return what it covers: on the first side where that is nothing, else where it is least."""
    frame = axes.get_window_extent()
    tried = []
    for side in SIDES:
        box = extent_of(note := write(axes, spot, side))
        note.remove()
        if frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1:
            tried.append((sum(shared(box, other) for other in taken), side))
    _, best = min(tried, key=lambda one: one[0], default=(0.0, SIDES[0]))
    return extent_of(write(axes, spot, best))


def extent_of(note: Annotation) -> Bbox:
    """What the words of a label cover, with a little room, in pixels; the line to its mark may cross things."""
    note.get_window_extent()  # which places it, and counts the line
    return Text.get_window_extent(note).expanded(1.02, 1.1)


def shared(box: Bbox, other: Bbox) -> float:
    """The area that two boxes share, in square pixels."""
    both = Bbox.intersection(box, other)
    return both.width * both.height if both else 0.0


def write(axes: Axes, spot: Spot, side: Side) -> Annotation:
    """The label on one side of its mark; one far above or below has a line that leads there."""
    across, up, aligned = side
    leader = {"arrowstyle": "-", "color": spot.colour, "linewidth": 0.7, "alpha": 0.6, "shrinkB": spot.mark / 2 + 1}
    note = axes.annotate(
        spot.text,
        (spot.x, spot.y),
        (across * (spot.mark / 2 + 4), up * (spot.mark / 2 + 8)),
        textcoords="offset points",
        arrowprops=leader if abs(up) > NEAR else None,
    )
    note.set(ha=aligned, va="center", color=spot.colour)
    tag(note, spot.text)
    return note
