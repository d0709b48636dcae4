"""The field's own evaluation sets: their images, what is asked of them, and the scores of embeddings of them.

A .bin and a pairs.txt ask whether two images show one person, in the order of the file, which says the ten folds; a
gallery and probes ask who an image shows, among the classes of the gallery, each known by the mean of its images.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workflow.cells.evaluate_section import EvaluationSet
from workflow.data.formats import face_bin, lists
from workflow.data.formats.encoded import Place, content
from workflow.data.formats.pairs import pairs as read_pairs
from workflow.data.images import Images
from workflow.data.reading import square
from workflow.errors import UserError, reason
from workflow.evaluating.cosine import pair_cosines
from workflow.evaluating.files import check_unit
from workflow.evaluating.identification import Gallery
from workflow.evaluating.means import class_means
from workflow.evaluating.metrics_sets import rows_of
from workflow.evaluating.score import Unmeasured
from workflow.evaluating.verification import ScoredPairs
from workflow.names import path_of, shown

Questions = dict[str, np.ndarray]
"""of pairs `pairs` (P, 2) and `same` (P,) bool; of a search `gallery`, `probe` with `gallery_class`, `probe_class`"""


class SetImages:
    """The images of a set, decoded when they are asked for, as those of the data set are made."""

    def __init__(self, name: str, data: Sequence[Place | bytes], size: int, mode: str, ground: str) -> None:
        self.name, self.data = name, data
        self.size, self.mode, self.ground = size, mode, ground

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.data), self.size, self.size, *((3,) if self.mode == "RGB" else ()))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
        wanted = np.arange(len(self.data))[rows].tolist()
        return np.stack([self._decoded(row) for row in wanted]) if wanted else np.zeros((0, *self.shape[1:]), np.uint8)

    def _decoded(self, row: int) -> np.ndarray:
        try:
            return square(content(self.data[row]), self.size, self.mode, self.ground)
        except Exception as error:  # a decoder raises whatever it likes
            raise UserError(
                f"{self.name}: image {row} cannot be read ({reason(error)}): fetch the set again"
            ) from error


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
    questions = {
        "gallery": np.arange(len(gallery)),
        "gallery_class": np.array(known),
        "probe": len(gallery) + np.arange(len(probes)),
        "probe_class": np.array([number[image.label] for image in probes]),
    }
    return [image.data for image in (*gallery, *probes)], questions


@dataclass(frozen=True)
class SetComparisons:
    """The embeddings `rows` (n, D) float16 of a set, compared as its questions ask."""

    rows: np.ndarray
    asked: Mapping[str, np.ndarray]

    @cached_property
    def pairs(self) -> ScoredPairs:
        """The pairs of a set that asks whether two images show one person."""
        return ScoredPairs(pair_cosines(self.rows, self.asked["pairs"]), self.asked["same"])

    @cached_property
    def gallery(self) -> Gallery:
        """The probes of a set that asks who an image shows."""
        means = class_means(self.rows[self.asked["gallery"]], self.asked["gallery_class"])
        classes = np.arange(len(means))
        probe, none = self.rows[self.asked["probe"]], np.zeros((0, self.rows.shape[1]), np.float16)
        return Gallery(means, classes, probe, self.asked["probe_class"], none)


def embedded(
    sets: Sequence[EvaluationSet], embed: Callable[[str, Images], np.ndarray], size: int, mode: str, ground: str
) -> dict[str, np.ndarray]:
    """The embeddings of every set and what is asked of them, by name of the set and of the array: `lfw/rows`."""
    found: dict[str, np.ndarray] = {}
    for one in sets:
        images, questions = read_set(one, size, mode, ground)
        rows = embed(one.called, images)
        check_unit(rows, f"the images of {one.called}")
        found |= {f"{one.called}/{name}": array for name, array in (*questions.items(), ("rows", rows))}
    return found


def set_scores(
    sets: Sequence[EvaluationSet], arrays: Mapping[str, np.ndarray] | None, reason: str = ""
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Every score of the sets by its name, and why a name is null: all of them, for `reason`, where there are no
    embeddings. UserError where what is stored is of other sets."""
    scores: dict[str, float | None] = {}
    notes: dict[str, str] = {}
    for one in sets:
        compared = None if arrays is None else _compared(one, arrays)
        for name, number, row in rows_of(one.called, one.is_search):
            value = Unmeasured(reason) if compared is None else row.ask(compared, number)
            scores[name] = None if isinstance(value, Unmeasured) else float(value)
            notes |= {name: value.reason} if isinstance(value, Unmeasured) else {}
    return scores, notes


def _compared(one: EvaluationSet, arrays: Mapping[str, np.ndarray]) -> SetComparisons:
    own = {name.partition("/")[2]: array for name, array in arrays.items() if name.startswith(f"{one.called}/")}
    if "rows" not in own or ("gallery" in own) != one.is_search:
        raise UserError(f"the images of {one.called} have not been embedded: embed the cell again")
    return SetComparisons(own.pop("rows"), own)


def ground_of(settings: Mapping[str, object]) -> str:
    """The colour behind what is transparent, by a data set's settings."""
    return str(settings.get("ground", "white"))


def mode_of(images: Images) -> str:
    """Pillow's mode of a data set's images."""
    return "L" if images.ndim == 3 else "RGB"
