"""The images of a set, however they are stored: asked by rows, given as uint8 arrays."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from workflow.data.formats.encoded import Place
from workflow.errors import UserError, reason
from workflow.names import shown

MOST_MAPPED = 256
"""files of one set that are mapped at a time: each takes a handle, of which systems give a process a thousand or so"""


class Images(Protocol):
    """uint8 images (N, H, W) grey or (N, H, W, 3): an array, or what is decoded when it is asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def ndim(self) -> int: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray: ...


class Decoded(ABC):
    """Images that stay JPEG, PNG or WebP until they are asked for, then size x size in Pillow's `mode` L or RGB,
    on `ground` where they are transparent: the same pixels as a set of raw ones holds."""

    def __init__(self, size: int, mode: str, ground: str) -> None:
        self.size, self.mode, self.ground = size, mode, ground

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def decoded(self, row: int) -> np.ndarray:
        """One image; UserError, which names it, if it cannot be read."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), self.size, self.size, *((3,) if self.mode == "RGB" else ()))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
        wanted = np.arange(len(self))[rows]
        found = np.empty((len(wanted), *self.shape[1:]), np.uint8)
        for image, row in zip(found, wanted.tolist(), strict=True):
            image[:] = self.decoded(row)
        return found


class EncodedImages(Decoded):
    """The images of a data set, where they lie.

    files: what they lie in, each mapped into memory when it is first needed; index: int64 (N, 3), file, offset and
    length of each.
    """

    def __init__(self, files: Sequence[Path], index: np.ndarray, size: int, mode: str, ground: str) -> None:
        super().__init__(size, mode, ground)
        self.files, self.index = list(files), index
        self._mapped: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.index)

    def place(self, row: int) -> Place:
        """Where the bytes of an image lie."""
        file, offset, length = self.index[row].tolist()
        return Place(self.files[file], offset, length)

    def bytes(self, row: int) -> np.ndarray:
        """The encoded bytes of an image, uint8, not copied."""
        file, offset, length = self.index[row].tolist()
        if file not in self._mapped:
            if len(self._mapped) >= MOST_MAPPED:
                self._mapped.pop(next(iter(self._mapped)))
            self._mapped[file] = np.memmap(self.files[file], mode="r")
        return self._mapped[file][offset : offset + length]

    def __getstate__(self) -> dict[str, object]:
        return vars(self) | {"_mapped": {}}  # a process that is given them maps the files itself

    def decoded(self, row: int) -> np.ndarray:
        from workflow.data.reading import square

        try:
            return square(self.bytes(row).tobytes(), self.size, self.mode, self.ground)
        except Exception as error:  # a decoder raises whatever it likes
            place = self.place(row)
            raise UserError(
                f"{shown(place.file)} at byte {place.offset:,} holds no image any more ({reason(error)}): put the file "
                "back, or build the data set again"
            ) from error
