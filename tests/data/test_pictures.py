"""Images made into what a network is given."""

import numpy as np
import pytest
import torch

from workflow.data import pictures as module
from workflow.data.augment import ViewRows
from workflow.data.pictures import Want, pictures


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
@pytest.mark.parametrize("level", ["none", "low", "mid"])
@pytest.mark.parametrize("images", [1, 3, 5])
def test_how_many_are_distorted_at_a_time_changes_no_pixel(shape, level, images, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (11, *shape), np.uint8)
    want = Want(np.arange(11), ViewRows(4, 15, 20), (7, 2, 0))
    at_once = pictures(pixels, want, level, torch.device("cpu"))
    monkeypatch.setattr(module, "AT_ONCE", images * 4 * int(np.prod(shape)))
    assert torch.equal(pictures(pixels, want, level, torch.device("cpu")), at_once)
    assert at_once.shape == (11, 3 if len(shape) == 3 else 1, 8, 8)
