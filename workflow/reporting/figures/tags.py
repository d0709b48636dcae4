"""What a drawn thing stands for: the row it is of, what it says in words, and the records it comes from.

matplotlib carries one identifier to the SVG; there it becomes a title that a pointer shows and a reader hears, and the
attributes by which the page highlights a row in all figures.
"""

from matplotlib.artist import Artist

SEPARATOR = "␟"
"""between the three; no row is named with it"""


def tag(artist: Artist, row: str, words: str = "", records: str = "") -> None:
    """Say that `artist` is of `row`; one with `words` is a mark that can be pointed at. `records`: see anchors.py."""
    artist.set_gid(SEPARATOR.join((row, words, records)))
