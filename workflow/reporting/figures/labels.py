"""Labels beside points, placed so that they cover nothing: the same place every time."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from workflow.reporting.figures.tags import tag

SIDES = (
    *((1, 0, "left"), (-1, 0, "right"), (0, 1, "center"), (0, -1, "center"), (1, 1, "left"), (1, -1, "left")),
    *((-1, 1, "right"), (-1, -1, "right"), (1, 2, "left"), (1, -2, "left"), (-1, 2, "right"), (-1, -2, "right")),
    *((0, 2, "center"), (0, -2, "center"), (1, 3, "left"), (1, -3, "left"), (-1, 3, "right"), (-1, -3, "right")),
    (1, 0, "left"),
)
"""Where a label may stand, best first: across, up, how it is aligned; the last is taken where none is free."""
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
    which are segments in data coordinates."""
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
    """Write one label, and return what it covers."""
    frame = axes.get_window_extent()
    for attempt, (across, up, side) in enumerate(SIDES, 1):
        offset = (across * (spot.mark / 2 + 4), up * (spot.mark / 2 + 8))
        note = write(axes, spot, offset, side, far=abs(up) > NEAR)
        box = note.get_window_extent().expanded(1.02, 1.1)
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if attempt == len(SIDES) or (inside and not any(box.overlaps(other) for other in taken)):
            break
        note.remove()
    return box


def write(axes: Axes, spot: Spot, offset: tuple[float, float], side: str, far: bool) -> Annotation:
    """The label at an offset in points; one `far` from its mark has a line that leads there."""
    leader = {"arrowstyle": "-", "color": spot.colour, "linewidth": 0.7, "alpha": 0.6, "shrinkB": spot.mark / 2 + 1}
    note = axes.annotate(
        spot.text, (spot.x, spot.y), offset, textcoords="offset points", arrowprops=leader if far else None
    )
    note.set(ha=side, va="center", color=spot.colour)
    tag(note, spot.text)
    return note
