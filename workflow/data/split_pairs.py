"""Verification pairs of one part: two images of a held-out class, or of two held-out classes in the same pair of faces.

Every same pair that is kept has its own different pair, with the same first image and the second in the same face: what
faces the two images show says nothing about the answer, in the whole list exactly. Hard different pairs take the second
class from the five that look most like the first within the part; random ones take any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workflow.data.similar import look_alikes
from workflow.data.store import Dataset

OTHERS = 50  # random classes among which a class's random partners are sought; not all have an image in each face
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
    A same pair for which no look-alike has an image in the second face is left out.
    """
    partners = _look_alike_partners(dataset, sides) if hard else _random_partners(dataset, sides, rng)
    same = _in_turn(_same(dataset, sides, rng), dataset.classes, rng)
    same, different = _matched(dataset, sides, same, partners, count, rng)
    order = rng.permutation(2 * len(same))
    return np.concatenate([same, different])[order], (np.arange(2 * len(same)) < len(same))[order]


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


def _matched(
    dataset: Dataset,
    sides: Sides,
    same: np.ndarray,
    partners: dict[int, list[int]],
    count: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` of the pairs `same` for which there is a different pair, and those, both (n, 2).

    The different pair of (a, b) is `a` with an image of one of its class's partners in b's group, none drawn before.
    """
    places = _places(dataset, sides.second)
    found: dict[tuple[int, int], tuple[int, int, int]] = {}
    for one, other in same.tolist():
        for row in _replacements(places, partners.get(int(dataset.classes[one]), ()), int(dataset.groups[other]), rng):
            if (key := (min(one, row), max(one, row))) not in found:
                found[key] = one, other, row
                break
        if len(found) == count:
            break
    rows = np.array(list(found.values()), dtype=np.int64).reshape(-1, 3)
    return rows[:, [0, 1]], rows[:, [0, 2]]


def _places(dataset: Dataset, rows: np.ndarray) -> dict[tuple[int, int], list[int]]:
    """The rows of every class in every group."""
    places: dict[tuple[int, int], list[int]] = {}
    for row in rows.tolist():
        places.setdefault((int(dataset.classes[row]), int(dataset.groups[row])), []).append(row)
    return places


def _replacements(
    places: dict[tuple[int, int], list[int]], partners: Sequence[int], group: int, rng: np.random.Generator
) -> list[int]:
    """All rows of the `partners` in `group`, in random order."""
    rows = [row for number in partners for row in places.get((number, group), ())]
    return [rows[place] for place in rng.permutation(len(rows)).tolist()]


def _look_alike_partners(dataset: Dataset, sides: Sides) -> dict[int, list[int]]:
    rows = np.unique(np.concatenate([sides.first, sides.second]))
    classes, own = np.unique(dataset.classes[rows], return_inverse=True)
    nearest = look_alikes(dataset.images[rows], own, dataset.groups[rows])
    return {int(classes[i]): classes[row[row >= 0]].tolist() for i, row in enumerate(nearest)}


def _random_partners(dataset: Dataset, sides: Sides, rng: np.random.Generator) -> dict[int, list[int]]:
    classes = np.unique(dataset.classes[sides.first])
    others = {number: classes[classes != number] for number in classes.tolist()}
    return {number: rng.choice(rest, min(OTHERS, len(rest)), False).tolist() for number, rest in others.items()}


def _in_turn(pairs: np.ndarray, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The pairs in random order, but no class has a second one before every class that has one had its first."""
    shuffled = rng.permutation(len(pairs))
    return pairs[shuffled[np.argsort(rank_within(classes[pairs[shuffled, 0]]), kind="stable")]]


def rank_within(values: np.ndarray) -> np.ndarray:
    """How many equal values stand before each of `values` (n,), int64 (n,)."""
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values)) - np.searchsorted(values[order], values[order])
    return rank


def even_share(counts: np.ndarray, most: int) -> int:
    """How many each may keep of its `counts` (n,) for the sum to be `most` at most: the largest such number, or 1."""
    shares = np.arange(1, counts.max(initial=1) + 1)
    total = np.cumsum([np.count_nonzero(counts >= share) for share in shares])
    return max(1, int(np.count_nonzero(total <= most)))
