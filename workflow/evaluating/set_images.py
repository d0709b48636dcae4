"""The field's own evaluation sets: their images, what is asked of them, and their embeddings with that.

A .bin and a pairs.txt ask whether two images show one person, in the order of the file, which says the ten folds; a
gallery and probes ask who an image shows. Nothing here scores: another metric embeds nothing again.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from workflow.cells.evaluate_section import EvaluationSet
from workflow.data.formats import face_bin, lists
from workflow.data.formats.encoded import Encoded, Place, content
from workflow.data.formats.pairs import pairs as read_pairs
from workflow.data.images import Decoded, Images
from workflow.data.reading import MEMORY, square
from workflow.errors import UserError, reason
from workflow.evaluating.files import check_finite, check_unit
from workflow.names import path_of, shown

Questions = dict[str, np.ndarray]
"""of pairs `pairs` (P, 2) and `same` (P,) bool; of a search `gallery`, `probe` with `gallery_class`, `probe_class`"""


class SetImages(Decoded):
    """The images of a set, decoded when they are asked for, as those of the data set are made."""

    def __init__(self, name: str, data: Sequence[Place | bytes], size: int, mode: str, ground: str) -> None:
        super().__init__(size, mode, ground)
        self.name, self.data = name, data

    def __len__(self) -> int:
        return len(self.data)

    def decoded(self, row: int) -> np.ndarray:
        try:
            return square(content(self.data[row]), self.size, self.mode, self.ground)
        except Exception as error:  # a decoder raises whatever it likes
            said = MEMORY.sub("", reason(error))
            raise UserError(f"{self.name}: image {row} cannot be read ({said}): fetch the set again") from error


def read_set(asked: EvaluationSet, size: int, mode: str, ground: str) -> tuple[SetImages, Questions]:
    """The images of a set and what is asked of them; UserError for files that cannot be read."""
    data, questions = _search(asked) if asked.is_search else _pairs(asked)
    return SetImages(shown(asked.file), data, size, mode, ground), questions


def _pairs(asked: EvaluationSet) -> tuple[list[Place | bytes], Questions]:
    data: list[Place | bytes]
    if asked.path is not None:
        found = face_bin.read(path_of(asked.path))
        data, same = list(found.images), found.same
    else:
        listed = list(read_pairs(path_of(asked.pairs or ""), path_of(asked.folder or "")))
        data, same = [side for pair in listed for side in pair[:2]], [pair.same for pair in listed]
    return data, {"pairs": np.arange(len(data)).reshape(-1, 2), "same": np.array(same, dtype=bool)}


def _search(asked: EvaluationSet) -> tuple[list[Place | bytes], Questions]:
    root = path_of(asked.root) if asked.root else None
    gallery, probes = (list(lists.images(path_of(path or ""), root)) for path in (asked.gallery, asked.probes))
    number: dict[int | str, int] = {}
    known = [number.setdefault(image.label, len(number)) for image in gallery]
    strange = next((image for image in probes if image.label not in number), None)
    if strange is not None:
        raise UserError(
            f"{shown(asked.probes or '')}: {shown(strange.name)} is of {shown(str(strange.label))}, which is not in "
            f"{shown(asked.gallery or '')}: complete the gallery, or leave the image out"
        )
    enrolled = {_file_of(image) for image in gallery}
    known_already = next((image for image in probes if _file_of(image) in enrolled), None)
    if known_already is not None:
        raise UserError(
            f"{shown(asked.probes or '')}: {shown(known_already.name)} is in {shown(asked.gallery or '')}, too, where "
            "it is its own answer: take it out of one of them"
        )
    questions = {
        "gallery": np.arange(len(gallery)),
        "gallery_class": np.array(known),
        "probe": len(gallery) + np.arange(len(probes)),
        "probe_class": np.array([number[image.label] for image in probes]),
    }
    return [image.data for image in (*gallery, *probes)], questions


def _file_of(image: Encoded) -> Path | None:
    """The file that an image of a list is, by whatever path it is named."""
    return image.data.file.resolve() if isinstance(image.data, Place) else None


def embedded(
    sets: Sequence[EvaluationSet], embed: Callable[[str, Images], np.ndarray], size: int, mode: str, ground: str
) -> dict[str, np.ndarray]:
    """The embeddings of every set and what is asked of them, by name of the set and of the array: `lfw/rows`."""
    found: dict[str, np.ndarray] = {}
    for one in sets:
        images, questions = read_set(one, size, mode, ground)
        rows = embed(one.called, images)
        check_finite(rows, f"the images of {one.called}")
        check_unit(rows, f"the images of {one.called}")
        found |= {f"{one.called}/{name}": array for name, array in (*questions.items(), ("rows", rows))}
    return found


def ground_of(settings: Mapping[str, object]) -> str:
    """The colour behind what is transparent, by a data set's settings."""
    return str(settings.get("ground", "white"))


def mode_of(images: Images) -> str:
    """Pillow's mode of a data set's images."""
    return "L" if images.ndim == 3 else "RGB"
