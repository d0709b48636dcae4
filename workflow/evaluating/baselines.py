"""Embeddings that no head trained, scored as those of the heads are: they say what a score is worth.

*raw*: the grey pixels of an image, at most SIDE x SIDE. *lda*: a linear discriminant analysis of them on the training
images (Fisher 1936; Duda, Hart & Stork 2001, section 3.8.3), which needs one pass over these and one F x F eigenproblem
of F pixels, whatever the number of classes; memory is that of the class sums, C x F float64. *untrained*: the backbone
with the first weights of seed 0.
"""

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from scipy.linalg import eigh
from torch.nn.functional import adaptive_avg_pool2d, normalize

from workflow.cells.config import Backbone
from workflow.cells.evaluate_section import Evaluate
from workflow.data.images import Images
from workflow.data.loaders import to_tensor
from workflow.data.manifest import read_manifest
from workflow.data.split_file import Split, load_split
from workflow.endings import Ending
from workflow.evaluating.cosine import spans
from workflow.evaluating.embed import embed, open_images
from workflow.evaluating.means import class_means
from workflow.evaluating.record import baseline_name, with_sets, write_evaluation
from workflow.evaluating.scores import all_scores
from workflow.evaluating.set_images import embedded, ground_of, mode_of
from workflow.provenance import provenance
from workflow.training.backbones import build

SIDE = 32
ROWS = 4096
SHRINKAGE = 0.01  # of the mean variance within classes, added to each pixel's: some pixels never vary


class Embed(Protocol):
    """Images, and rows (n,) of them, to float16 unit embeddings (n, D); with `flip` of each image and its mirror image,
    their features summed."""

    def __call__(self, images: Images, rows: np.ndarray, /, flip: bool = False) -> np.ndarray: ...


def evaluate_baseline(
    kind: str,
    folder: Path,
    profile: str,
    dataset: Path,
    split_file: Path,
    backbone: Backbone,
    evaluate: Evaluate,
) -> None:
    """Write evaluation.json and resamples.npz of the baseline `kind` into `folder`; no other file is kept."""
    facts, split = provenance(), load_split(split_file)
    images = open_images(dataset, split)
    rows_of = BASELINES[kind](images, split, backbone)
    enrolled = rows_of(images, split.arrays["enrolled_rows"])
    means = class_means(enrolled, split.arrays["enrolled_labels"])
    rows = rows_of(images, split.arrays["eval_rows"])
    scored = all_scores(rows, split, None, evaluate.distractors, means, resampled=True)
    sets, ground = evaluate.sets_in_full, ground_of(read_manifest(dataset, "hash").get("settings", {}))

    def whole(_: str, shown: Images) -> np.ndarray:
        return rows_of(shown, np.arange(len(shown)), flip=evaluate.flip)

    scored = with_sets(scored, sets, embedded(sets, whole, images.shape[1], mode_of(images), ground))
    cell = baseline_name(kind, profile, backbone.name, split)
    write_evaluation(folder, facts, cell, Ending("ok"), split, scored)


def raw(images: Images, split: Split, backbone: Backbone) -> Embed:
    """The pixels themselves."""
    return lambda shown, rows, flip=False: _stored(pixels(shown, rows, flip))


def lda(images: Images, split: Split, backbone: Backbone) -> Embed:
    """As many discriminants as the backbone has dimensions, if the pixels and classes allow."""
    mean, directions = discriminants(images, split.arrays["train_rows"], split.arrays["train_labels"], backbone.dim)
    return lambda shown, rows, flip=False: _stored((pixels(shown, rows, flip) - mean) @ directions)


def untrained(images: Images, split: Split, backbone: Backbone) -> Embed:
    """The backbone as training finds it."""
    torch.manual_seed(0)
    net = build(backbone, 1 if images.ndim == 3 else images.shape[3], images.shape[1])
    device, said = torch.device("cpu"), "embedding with the untrained backbone"
    return lambda shown, rows, flip=False: embed(net, shown, rows, device, said, flip=flip)


BASELINES = {"raw": raw, "lda": lda, "untrained": untrained}


def pixels(images: Images, rows: np.ndarray, flip: bool = False) -> np.ndarray:
    """Grey values from 0 to 1, float32 (n, F), of `rows` (n,) of `images`; larger ones are averaged to SIDE x SIDE,
    with `flip` each with its mirror image: of features that are linear in the pixels, half the sum."""
    side = min(SIDE, images.shape[1])
    found = np.empty((len(rows), side * side), np.float32)
    for first, last in spans(len(rows), ROWS):
        grey = (to_tensor(images[rows[first:last]]).mean(1, keepdim=True) + 1) / 2
        if flip:
            grey = (grey + grey.flip(3)) / 2
        found[first:last] = adaptive_avg_pool2d(grey, side).flatten(1).numpy()
    return found


def discriminants(images: Images, rows: np.ndarray, labels: np.ndarray, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean (F,) and directions (F, D) float32 in which the classes lie farthest apart, for their spread within."""
    counts = np.bincount(labels)
    size = min(SIDE, images.shape[1]) ** 2
    square, sums = np.zeros((size, size)), np.zeros((len(counts), size))
    for first, last in spans(len(rows), ROWS):
        some = pixels(images, rows[first:last]).astype(np.float64)
        np.add.at(sums, labels[first:last], some)
        square += some.T @ some
    mean = sums.sum(0) / len(rows)
    means = sums / counts[:, None]
    between = (means.T * counts) @ means
    within = square - between + SHRINKAGE * np.trace(square - between) / size * np.eye(size)
    last = size - 1
    kept = min(dim, last, len(counts) - 1)
    _, found = eigh(between - len(rows) * np.outer(mean, mean), within, subset_by_index=(last - kept + 1, last))
    return mean.astype(np.float32), found.astype(np.float32)


def _stored(rows: np.ndarray) -> np.ndarray:
    return normalize(torch.from_numpy(rows), dim=1).numpy().astype(np.float16)
