"""Whether a split has enough images for the batches of every row, asked before the first of them is trained."""

from collections.abc import Iterator, Sequence

import numpy as np

from workflow.cells.batch_spec import BatchSpec
from workflow.cells.choices import KINDS
from workflow.data.split_file import Split
from workflow.errors import UserError


def check_fit(split: Split, asked: Sequence[BatchSpec]) -> str:
    """What the split trains on, in a line; UserError naming all rows whose batches it cannot fill."""
    lacking: dict[str, dict[str, None]] = {}
    for one in asked:
        for sentence in _lacks(split, one):
            lacking.setdefault(sentence, {})[one.label] = None
    if lacking:
        raise UserError("; ".join(f"{sentence} (rows {', '.join(rows)})" for sentence, rows in lacking.items()))
    return _told(split)


def _lacks(split: Split, asked: BatchSpec) -> Iterator[str]:
    counts = split.label_counts
    if lack := KINDS[asked.kind].lack(asked.batch, int(counts.sum()), len(counts)):
        yield f"'train.batch' is {asked.batch}: {lack}, lower it"
    if asked.first_stage.share:
        yield from _lacks_in_first_stage(counts, asked)


def _lacks_in_first_stage(counts: np.ndarray, asked: BatchSpec) -> Iterator[str]:
    rich = counts[counts >= asked.first_stage.min_shots]
    if lack := KINDS[asked.kind].lack(asked.batch, int(rich.sum()), len(rich)):
        yield (
            f"'train.first_stage.min_shots' is {asked.first_stage.min_shots}: among classes with as many images "
            f"{lack}, lower it or train.batch"
        )


def _told(split: Split) -> str:
    counts = split.record.counts
    trained = counts["train_classes"]
    held = counts["validation_gallery"] + counts["test_gallery"] + counts["distractors"]
    line = f"split of {split.record.dataset}: {trained:,} classes to train, with {counts['train_images']:,} images"
    if split.record.settings.get("source", "glyphs") != "glyphs" and trained < held:
        line += (
            f"; {held:,} others are only asked about, more than train: data.open_set and data.distractors say how many"
        )
    return line
