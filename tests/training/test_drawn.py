"""What a run was given to see: images by the group of their class, and how many a forward pass normalises over."""

import numpy as np
import pytest
import torch

from heads.kit.interface import Batch
from tests.training.test_cell import spec_of
from workflow.cells.records import RunRecord, ShotLimits
from workflow.data.shots import band_of
from workflow.data.split_file import load_split
from workflow.evaluating.scores import curve_scores
from workflow.training.cell import Cell
from workflow.training.drawn import Counted
from workflow.training.run import run
from workflow.training.session import Session

LIMITS = ShotLimits(many=7, medium=3)


class Two:
    """Batches of two views with labels of their own."""

    def batch(self, step: int) -> Batch:
        views = torch.zeros(3, 1), torch.zeros(2, 1)
        return Batch(views, (torch.tensor([0, 1, 2]), torch.tensor([step, 3])))


def test_classes_are_grouped_by_their_training_images():
    assert band_of(np.array([9, 7, 6, 3, 2, 1]), LIMITS).tolist() == [0, 0, 1, 1, 2, 2]


def test_every_image_of_every_view_is_counted():
    counted = Counted(Two(), np.array([9, 7, 3, 1]), LIMITS, torch.device("cpu"))
    assert counted.batch(0).labels[1].tolist() == [0, 3]
    assert counted.counts() == [3, 1, 1]
    counted.batch(2)
    assert counted.counts() == [5, 3, 2]


@pytest.fixture
def cell(glyphs, split, tmp_path):
    def made(head: str, ratio: str = "1", **changes) -> Cell:
        return Cell(spec_of(head, ratio, **changes), glyphs, split, tmp_path / head, curve_scores)

    return made


@pytest.mark.parametrize(
    ("head", "ratio", "views", "query", "twin"),
    [("fc", "1", 1, 32, None), ("dcq", "0.5", 2, 32, 32), ("f2c", "0.5", 1, 16, 16)],
)
def test_a_record_says_what_was_drawn_and_normalised_over(cell, head, ratio, views, query, twin):
    made = cell(head, ratio)
    record = run(made)
    assert RunRecord.read(made.folder / "run.json") == record
    assert sum(record.images_drawn.values()) == views * 12 * 32
    assert (record.normalised.query, record.normalised.twin) == (query, twin)


def test_images_as_they_come_are_drawn_in_the_shares_of_the_training_set(cell, split):
    made = load_split(split)
    size = len(made.arrays["train_rows"])
    record = run(cell("fc", steps=10 * size // 32))
    group = band_of(made.arrays["shots"], made.record.shots)[made.arrays["train_labels"]]
    shares = np.bincount(group, minlength=3) / size
    total = record.planned_steps * 32
    found = [record.images_drawn[name] / total for name in ("many", "medium", "few")]
    np.testing.assert_allclose(found, shares, atol=0.01)


def test_what_was_drawn_before_a_stop_is_counted_once(cell):
    session = Session(cell("dcq", "0.5"))
    for _, _ in zip(range(5), session.trainer.run(), strict=False):
        pass
    session.save()
    before = session.images_drawn()
    session.lock.close()
    record = run(cell("dcq", "0.5"))
    assert record.resumed == 1 and sum(before.values()) == 2 * 5 * 32
    assert sum(record.images_drawn.values()) == 2 * 12 * 32
