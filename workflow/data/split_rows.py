"""The images behind every question of a split, as rows of the dataset."""

import numpy as np

from workflow.data.faces import SPLIT_PARTS
from workflow.data.split_classes import Roles, offered, wanted_families
from workflow.data.split_file import EVALUATED
from workflow.data.split_numbers import SplitNumbers
from workflow.data.split_pairs import IMAGES, Sides, draw_pairs, even_share, rank_within
from workflow.data.store import Dataset
from workflow.errors import UserError

TRAIN, VALIDATION, TEST = range(3)
MOST = 100_000  # closed-set probes of a part, and images that enrol classes: what a minute or two embeds and compares


class Rows:
    """Draws the images of a dataset that its roles and `numbers` call for; seeded by them."""

    def __init__(self, dataset: Dataset, roles: Roles, numbers: SplitNumbers) -> None:
        self.dataset, self.roles, self.numbers = dataset, roles, numbers
        self.parts = image_parts(dataset, roles, numbers)
        self.rng = np.random.default_rng([numbers.seed, 2])

    def training(self) -> dict[str, np.ndarray]:
        """train_rows and train_labels (n,), sorted by label, shots (C,), and the images that enrol each class."""
        labels, shots = self._labels(self.roles.train), self.roles.shots
        rows = self.rng.permutation(np.flatnonzero((self.parts == TRAIN) & (labels >= 0)))
        rows = rows[rank_within(labels[rows]) < shots[labels[rows]]]
        rows = rows[np.argsort(labels[rows], kind="stable")]
        self.first = rows[np.searchsorted(labels[rows], np.arange(len(shots)))]
        enrolled = rows[rank_within(labels[rows]) < even_share(shots, MOST)]
        found = {"train_rows": rows, "train_labels": labels[rows], "shots": shots}
        return found | {"enrolled_rows": enrolled, "enrolled_labels": labels[enrolled]}

    def open_set(self, part: str) -> dict[str, np.ndarray]:
        """Pairs, all-pairs matrix, gallery and probes of a part's own classes; UserError if they give no pairs."""
        classes, count = np.sort(self.roles.open_set[part]), getattr(self.numbers.pairs, part)
        gallery = self.one_each(classes)
        own = np.isin(self.dataset.classes, classes)
        probes = self._at_most(np.flatnonzero(own & (self.parts == SPLIT_PARTS.index(part))), IMAGES)
        sides, everything = self._sides(part, probes, gallery, np.flatnonzero(own & (self.parts == TRAIN)))
        found = {"all": everything, "gallery": gallery, "probe": probes}
        found |= {f"{name}_class": self.dataset.classes[rows] for name, rows in found.items()}
        for name in ("hard", "random"):
            pairs, same = draw_pairs(self.dataset, sides, name == "hard", count, self.rng)
            if not len(pairs):
                raise UserError(f"data.open_set.{part}: its {len(classes)} classes give no {name} pairs: raise it")
            found |= {f"{name}_pairs": pairs, f"{name}_same": same}
        return {f"{part}_{name}": array for name, array in found.items()}

    def closed_set(self, part: str) -> dict[str, np.ndarray]:
        """One training image of every training class, and held-out images of those that are this part's."""
        closed = self.roles.closed[part]
        labels = self._labels(self.roles.train[closed], closed)
        held_out = np.flatnonzero((self.parts == SPLIT_PARTS.index(part)) & (labels >= 0))
        everything = even_share(np.bincount(labels[held_out]), MOST)
        rows = self._at_most(held_out, self.numbers.probes or everything)
        found = {"gallery": self.first, "gallery_label": np.arange(len(self.first))}
        found |= {"probe": rows, "probe_label": labels[rows]}
        return {f"{part}_closed_{name}": array for name, array in found.items()}

    def one_each(self, classes: np.ndarray) -> np.ndarray:
        """A random training-part image of each of `classes`, in their order."""
        rows = self._at_most(np.flatnonzero((self.parts == TRAIN) & np.isin(self.dataset.classes, classes)), 1)
        place = np.empty(len(self.dataset.names), np.int64)
        place[self.dataset.classes[rows]] = rows
        return place[classes]

    def _sides(
        self, part: str, probes: np.ndarray, gallery: np.ndarray, training: np.ndarray
    ) -> tuple[Sides, np.ndarray]:
        """Who may stand where in this part's pairs, and the images of its all-pairs matrix."""
        everything = np.union1d(probes, gallery)
        if self.dataset.parts is None:
            return Sides(probes, everything, None), everything
        families = self.dataset.families[self.dataset.groups]
        if wanted_families(self.dataset, part) > 1:
            return Sides(probes, probes, families), probes
        second = self._at_most(training, -(-getattr(self.numbers.pairs, part) // len(probes)))
        return Sides(probes, second, families), everything

    def _labels(self, classes: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Label of every image of the dataset, -1 where its class is not among `classes`; int64 (N,)."""
        table = np.full(len(self.dataset.names), -1)
        table[classes] = np.arange(len(classes)) if labels is None else labels
        return table[self.dataset.classes]

    def _at_most(self, rows: np.ndarray, count: int) -> np.ndarray:
        """`rows`, but of every class no more than `count` random ones; sorted."""
        rows = self.rng.permutation(rows)
        return np.sort(rows[rank_within(self.dataset.classes[rows]) < count])


def image_parts(dataset: Dataset, roles: Roles, numbers: SplitNumbers) -> np.ndarray:
    """What every image may serve: TRAIN, VALIDATION or TEST, int64 (N,).

    Fonts decide by family. In a folder, a training class holds back a share of its images for its part, and an
    open-set class all but one, which is its gallery image.
    """
    if dataset.parts is not None:
        return dataset.parts[dataset.groups]
    part, held = np.full(len(dataset.names), TRAIN), np.zeros(len(dataset.names), np.int64)
    held_out = offered(dataset, numbers.hold_out).held_out["test"]
    for number, name in enumerate(EVALUATED, 1):
        own, closed = roles.open_set[name], roles.train[roles.closed[name]]
        part[own] = part[closed] = number
        held[own] = np.bincount(dataset.classes, minlength=len(part))[own] - 1
        held[closed] = held_out[closed]
    order = np.random.default_rng([numbers.seed, 3]).permutation(len(dataset.classes))
    rank = np.empty(len(order), np.int64)
    rank[order] = rank_within(dataset.classes[order])
    return np.where(rank < held[dataset.classes], part[dataset.classes], TRAIN)
