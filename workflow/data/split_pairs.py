"""Verification pairs of one part: two images of a held-out class, or of two held-out classes in the same pair of faces.

A different pair copies the faces of a same pair, so that the style of the two images tells nothing. Hard ones take the
second class from the five that look most like the first within the part; random ones take any other.
"""

from dataclasses import dataclass

import numpy as np

from workflow.data.similar import NEIGHBOURS, look_alikes
from workflow.data.store import Dataset

IMAGES = 16  # of one class that enter pairs: all there are, but in a folder of large classes


@dataclass(frozen=True)
class Sides:
    """Rows that may stand first and second in a pair, and whether the two must be of different families."""

    first: np.ndarray
    second: np.ndarray
    families: np.ndarray | None


def draw_pairs(
    dataset: Dataset, sides: Sides, hard: bool, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows (P, 2) int64 and whether they are the same class (P,) bool, shuffled.

    As many same as different pairs, `count` of each or what there is; every class comes once before any comes twice.
    """
    same = _same(dataset, sides, rng)
    partners = _look_alike_partners(dataset, sides) if hard else _random_partners(dataset, sides, rng)
    different = _different(dataset, sides, same, partners, rng)
    count = min(count, len(same), len(different))
    same, different = (_evenly(pairs, dataset.classes[pairs[:, 0]], count, rng) for pairs in (same, different))
    order = rng.permutation(2 * count)
    return np.concatenate([same, different])[order], (np.arange(2 * count) < count)[order]


def _same(dataset: Dataset, sides: Sides, rng: np.random.Generator) -> np.ndarray:
    """All pairs of two images of one class, (n, 2); each two images once."""
    firsts, seconds = (_by_class(dataset, rows, rng) for rows in (sides.first, sides.second))
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for number, rows in firsts.items():
        for one in rows:
            for other in seconds.get(number, ()):
                if one != other and (sides.families is None or sides.families[one] != sides.families[other]):
                    found.setdefault((min(one, other), max(one, other)), (one, other))
    return np.array(list(found.values()), dtype=np.int64).reshape(-1, 2)


def _by_class(dataset: Dataset, rows: np.ndarray, rng: np.random.Generator) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row in rng.permutation(rows).tolist():
        images = found.setdefault(int(dataset.classes[row]), [])
        if len(images) < IMAGES:
            images.append(row)
    return found


def _different(
    dataset: Dataset, sides: Sides, same: np.ndarray, partners: dict[int, list[int]], rng: np.random.Generator
) -> np.ndarray:
    """Pairs of two classes (n, 2): for each same-class pair (a, b) and each partner class p of theirs, `a` with an
    image of p in b's group, so that a different pair shows the same two faces as the same-class pair."""
    groups = dataset.groups
    places: dict[tuple[int, int], list[int]] = {}
    for row in sides.second.tolist():
        places.setdefault((int(dataset.classes[row]), int(groups[row])), []).append(row)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for one, other in same.tolist():
        for number in partners.get(int(dataset.classes[one]), ()):
            rows = places.get((number, int(groups[other])))
            if rows:
                row = rows[int(rng.integers(len(rows)))]
                found.setdefault((min(one, row), max(one, row)), (one, row))
    return np.array(list(found.values()), dtype=np.int64).reshape(-1, 2)


def _look_alike_partners(dataset: Dataset, sides: Sides) -> dict[int, list[int]]:
    rows = np.unique(np.concatenate([sides.first, sides.second]))
    classes, own = np.unique(dataset.classes[rows], return_inverse=True)
    nearest = look_alikes(dataset.images[rows], own, dataset.groups[rows])
    return {int(classes[i]): classes[row[row >= 0]].tolist() for i, row in enumerate(nearest)}


def _random_partners(dataset: Dataset, sides: Sides, rng: np.random.Generator) -> dict[int, list[int]]:
    classes = np.unique(dataset.classes[sides.first])
    others = {number: classes[classes != number] for number in classes.tolist()}
    return {number: rng.choice(rest, min(NEIGHBOURS, len(rest)), False).tolist() for number, rest in others.items()}


def _evenly(pairs: np.ndarray, classes: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` of the pairs, at random, but no class gets a pair more before every class that has one got its own."""
    shuffled = rng.permutation(len(pairs))
    return pairs[shuffled[np.argsort(rank_within(classes[shuffled]), kind="stable")[:count]]]


def rank_within(values: np.ndarray) -> np.ndarray:
    """How many equal values stand before each of `values` (n,), int64 (n,)."""
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values)) - np.searchsorted(values[order], values[order])
    return rank
