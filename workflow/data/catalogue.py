"""Where every image of a source lies and of which class it is: a few dozen bytes an image, however many there are."""

from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from workflow.data.formats.encoded import Place
from workflow.data.formats.labels import Labels
from workflow.data.items import Item
from workflow.files import told


class Texts:
    """A list of texts, kept as one."""

    def __init__(self) -> None:
        self._bytes, self._ends = bytearray(), array("q", [0])

    def add(self, text: str) -> None:
        self._bytes += text.encode("utf-8", "surrogateescape")
        self._ends.append(len(self._bytes))

    def __getitem__(self, number: int) -> str:
        own = self._bytes[self._ends[number] : self._ends[number + 1]]
        return own.decode("utf-8", "surrogateescape")


class Catalogue:
    """The images of sources in the order in which they came. `spool` takes the bytes of those that lie in no file.

    Each source has labels, and so classes, of its own.
    """

    def __init__(self, spool: Path) -> None:
        self.labels, self.names = list[Labels](), Texts()
        self.spool, self._spooled = spool, 0
        self.files: list[Path] = []
        self._numbers: dict[Path, int] = {}
        self._origin, self._file, self._offset, self._length = (array("q") for _ in range(4))

    def fill(self, labels: Labels, items: Iterable[Item]) -> None:
        """Take all items of one source, with the bytes of those that have them written to the spool."""
        self.labels.append(labels)
        with told(self.spool), self.spool.open("ab" if self._spooled else "wb") as spool:
            for item in items:
                labels.add(item.label)
                self._add(item, spool)

    def _add(self, item: Item, spool: BinaryIO) -> None:
        place = item.data
        if isinstance(place, bytes):
            spool.write(place)
            place, self._spooled = Place(self.spool, self._spooled, len(place)), self._spooled + len(place)
        self.names.add(item.name)
        facts = self._number(item.file), self._number(place.file), place.offset, place.length
        for column, value in zip((self._origin, self._file, self._offset, self._length), facts, strict=True):
            column.append(value)

    def _number(self, file: Path) -> int:
        number = self._numbers.setdefault(file, len(self.files))
        if number == len(self.files):
            self.files.append(file)
        return number

    def __len__(self) -> int:
        return len(self._file)

    def place(self, number: int) -> Place:
        """Where the bytes of image `number` lie."""
        return Place(self.files[self._file[number]], self._offset[number], self._length[number])

    def origin(self, number: int) -> tuple[Path, str]:
        """The file that the source has image `number` in, and its name there."""
        return self.files[self._origin[number]], self.names[number]

    def table(self, numbers: np.ndarray) -> np.ndarray:
        """File, offset and length of the images `numbers` (n,), int64 (n, 3)."""
        columns = (self._file, self._offset, self._length)
        return np.stack([np.array(column, dtype=np.int64)[numbers] for column in columns], axis=1)
