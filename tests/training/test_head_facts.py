"""What a cell tells its head: images per class, features before normalisation, a momentum of the row's own."""

import numpy as np
import pytest
import torch

import heads
from heads.kit.interface import Head
from tests.heads.examples import COUNTS, LENGTHS
from tests.training.test_cell import SHORT, spec_of
from workflow.cells.records import RunRecord
from workflow.data.split_file import load_split
from workflow.evaluating.scores import curve_scores
from workflow.training.cell import Cell
from workflow.training.run import run


@pytest.fixture
def train(glyphs, split, tmp_path):
    """Train a cell of the head so named, with changes to its specification; its record, and the state of the head."""

    def trained(head: str, ratio: str = "1", momentum: float | None = None, **changes) -> tuple[RunRecord, dict]:
        spec = spec_of(head, ratio, **changes).model_copy(update={"momentum": momentum})
        cell = Cell(spec, glyphs, split, tmp_path / f"{head}-{momentum}", curve_scores)
        return run(cell), torch.load(cell.folder / "model.pt", weights_only=True)

    return trained


@pytest.mark.parametrize("source", [LENGTHS, COUNTS], ids=["lengths", "counts"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_head_with_other_needs_trains_to_the_end(train, add_head, source, precision):
    record, model = train(add_head("example", source), precision=precision)
    assert (record.outcome, record.reason, record.steps) == ("ok", None, SHORT["steps"])
    assert record.images.gradient == SHORT["steps"] * SHORT["batch"]
    assert all(torch.isfinite(value).all() for value in model["backbone"].values())


def test_class_counts_are_the_training_images_of_each_class(train, add_head, split, monkeypatch):
    given, make = [], heads.make

    def noted(*arguments: object, class_counts: torch.Tensor, **others: object) -> Head:
        given.append(class_counts)
        return make(*arguments, class_counts=class_counts, **others)

    monkeypatch.setattr(heads, "make", noted)
    assert train(add_head("example", COUNTS))[0].outcome == "ok"
    assert given[0].dtype == torch.int64
    assert given[0].tolist() == np.bincount(load_split(split).arrays["train_labels"]).tolist()


def test_a_momentum_of_the_row_is_used_as_it_stands(train):
    """In twelve steps the paper's 0.999 is shortened to 0.9, unless the row asks for it."""
    declared = [train("dcq", "0.5", momentum)[0].declared for momentum in (None, 0.999, 0.0)]
    assert [(one.momentum, one.momentum_used) for one in declared] == [
        (0.999, pytest.approx(0.9)),
        (0.999, 0.999),
        (0.999, 0.0),
    ]
