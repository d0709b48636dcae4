"""Labels as files have them, with gaps or as names, made into classes 0 … C-1, whose names a manifest keeps."""

from array import array

import numpy as np

LONGEST = 100
"""digits of what is taken for a number"""


class Labels:
    """Takes the labels of images one by one and knows in the end which class each is."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._classes = array("q")

    def add(self, label: int | str) -> None:
        """The label of the next image. 7 and "7" are one, "07" is another."""
        name = str(label).encode("utf-8", "backslashreplace").decode()  # halves of a character, as JSON may hold them
        self._classes.append(self.know(name))

    def know(self, name: str) -> int:
        """Have a class of this name, though no image may be of it; its number in the order of arrival."""
        return self._numbers.setdefault(name, len(self._numbers))

    def as_they_came(self) -> tuple[list[str], np.ndarray]:
        """As `mapped`, with the classes in the order in which they were met."""
        return list(self._numbers), np.array(self._classes, dtype=np.int64)

    def mapped(self) -> tuple[list[str], np.ndarray]:
        """Names of the classes, as the manifest's `classes` lists them, and the class of every image, int64 (N,).

        In the order of their numbers if all are numbers, or else of their names' bytes.
        """
        names = sorted(self._numbers, key=_by_number if all(map(_is_number, self._numbers)) else str.encode)
        place = np.empty(len(names), np.int64)
        place[[self._numbers[name] for name in names]] = np.arange(len(names))
        return names, place[np.array(self._classes, dtype=np.int64)]


def _is_number(name: str) -> bool:
    digits = name.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= LONGEST


def _by_number(name: str) -> tuple[int, str]:
    return int(name), name
