"""What training sees of the images drawn for it, where the config asks for an ablation: no rare classes, wrong labels.

Everything has been drawn as for a config without them. So a split with an ablation and one without have the same
open-set classes, pairs, galleries and distractors bit for bit, and the same closed-set probes of every class that both
train on. A class left out stays in the closed gallery, as a class that nobody asks for: the search among all classes
is as hard as before, and only the scores over all probes are of fewer classes. The label noise is in `train_labels` and
nowhere else.
"""

from typing import NamedTuple

import numpy as np

from workflow.data.split_file import EVALUATED
from workflow.data.split_numbers import SplitNumbers
from workflow.data.split_pairs import rank_within
from workflow.errors import UserError

Arrays = dict[str, np.ndarray]


class Ablated(NamedTuple):
    """The rows and labels by name, and how many classes and labels were changed."""

    rows: Arrays
    counts: dict[str, int]


def as_trained(rows: Arrays, numbers: SplitNumbers) -> Ablated:
    """`rows` as drawn, with what data.min_shots leaves out and data.noise makes wrong.

    UserError where fewer than two classes are left.
    """
    drawn = len(rows["shots"])
    rows = _without_rare(rows, numbers.min_shots)
    rng = np.random.default_rng([numbers.seed, 5])
    true = rows["train_labels"]
    flipped = _flipped(true, numbers.noise.flips, rng)
    labels = _split(flipped, numbers.noise.splits, rng)
    counts = {
        "left_out_classes": drawn - len(rows["shots"]),
        "wrong_labels": int(np.count_nonzero(flipped != true)),
        "split_classes": int(labels.max()) + 1 - len(rows["shots"]),
    }
    return Ablated(rows | {"train_labels": labels}, counts)


def _without_rare(rows: Arrays, fewest: int) -> Arrays:
    kept = int(np.count_nonzero(rows["shots"] >= fewest))  # shots do not rise with the label: the first ones
    if kept < 2:
        raise UserError(f"data.min_shots is {fewest}: only {kept} classes have as many training images, lower it")
    found = {"shots": rows["shots"][:kept]}
    labels = {"train": "train_labels"} | {f"{part}_closed_probe": f"{part}_closed_probe_label" for part in EVALUATED}
    for name, label in labels.items():
        images = "train_rows" if name == "train" else name
        found |= {key: rows[key][rows[label] < kept] for key in (images, label)}
    return rows | found


def _flipped(true: np.ndarray, wanted: float, rng: np.random.Generator) -> np.ndarray:
    """The labels `true` (n,), but a share `wanted` of the images, drawn, pass theirs on to one of another class.

    So every label keeps its number of images, and the tail stays what it was. Where most of the images drawn are of one
    class, some of them keep their label.
    """
    drawn = rng.permutation(len(true))[: round(wanted * len(true))]
    if not len(drawn):
        return true
    place = rng.permutation(int(true.max()) + 1)  # neighbours in order are then classes at random
    drawn = drawn[np.argsort(place[true[drawn]], kind="stable")]
    found = true.copy()
    found[drawn] = np.roll(true[drawn], np.bincount(true[drawn]).max())
    return found


def _split(labels: np.ndarray, wanted: float, rng: np.random.Generator) -> np.ndarray:
    """`labels` (n,) with a new label for half of the images of each class that is split, the smaller half if odd."""
    shots = np.bincount(labels)
    able = rng.permutation(np.flatnonzero(shots >= 2))[: round(wanted * len(shots))]
    new = np.full(len(shots), -1)
    new[able] = len(shots) + np.arange(len(able))
    order = rng.permutation(len(labels))
    rank = np.empty(len(labels), np.int64)
    rank[order] = rank_within(labels[order])
    return np.where((new[labels] >= 0) & (rank < shots[labels] // 2), new[labels], labels)
