"""Two stages: classes with many images first, then all."""

import numpy as np
import pytest
import torch

from tests.training.test_cell import spec_of
from workflow.cells.train_section import FirstStage
from workflow.data.split_file import load_split
from workflow.data.store import open_dataset
from workflow.errors import UserError
from workflow.evaluating.scores import curve_scores
from workflow.training.assembly import make_loader
from workflow.training.cell import Cell
from workflow.training.run import run
from workflow.training.stages import of_rich_classes


@pytest.mark.parametrize(("accumulate", "first"), [(1, 6), (2, 12)])
def test_the_first_batches_show_only_classes_with_many_images(glyphs, split, accumulate, first):
    stage = FirstStage(share=0.5, min_shots=4)
    spec = spec_of("dcq", "0.5", first_stage=stage.model_dump(), accumulate=accumulate)
    made, images = load_split(split), open_dataset(glyphs).images
    staged = make_loader(spec, images, made, "pairs", torch.device("cpu"))
    plain = make_loader(spec_of("dcq", "0.5"), images, made, "pairs", torch.device("cpu"))
    counts = made.label_counts
    for number in range(12 * accumulate):
        labels = staged.batch(number).labels[0].numpy()
        assert (counts[labels].min() >= 4) == (number < first)
        assert np.array_equal(labels, plain.batch(number).labels[0].numpy()) == (number >= first)


def test_a_cell_trains_in_stages_to_its_end(glyphs, split, tmp_path):
    cells = [
        Cell(spec_of("fc", first_stage={"share": share, "min_shots": 4}), glyphs, split, tmp_path / name, curve_scores)
        for name, share in (("staged", 0.75), ("plain", 0))
    ]
    staged, plain = (run(cell) for cell in cells)
    assert staged.outcome == "ok" and staged.images_drawn["few"] < plain.images_drawn["few"]


def test_classes_that_a_loader_could_not_take_alone_are_refused():
    train = spec_of("fc", first_stage={"share": 0.5, "min_shots": 3}).train
    counts = np.array([4, 3, 1])
    assert of_rich_classes(np.array([0, 2, 1]), counts, train).tolist() == [True, False, True]
    with pytest.raises(UserError, match=r"min_shots is 3: with data\.noise\.splits there is no first stage"):
        of_rich_classes(np.array([0]), np.array([4, 1, 3]), train)
    with pytest.raises(UserError, match=r"min_shots is 3: no class has as many images"):
        of_rich_classes(np.array([0]), np.array([2, 1]), train)
