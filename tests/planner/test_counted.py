"""Activations are counted exactly, each storage once, and go with the batch."""

import pytest
import torch
from torch import nn

from workflow.cells.config import Backbone
from workflow.errors import UserError
from workflow.planner.counted import CHECK, Line, count, images, saved_bytes
from workflow.training.backbones import build
from workflow.training.encoder import Network

SMALL = Backbone(name="small", dim=128)


def test_a_storage_counts_once_and_weights_do_not_count():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(6, 6))

        def forward(self, x):
            y = x @ self.weight  # saves x and the weight
            return y * y.view_as(y)  # saves y, twice

    network = Network(Twice(), twin=False)
    x, dim = torch.randn(50, 6), 6
    unit = 4 * 50 * dim  # the norm of the embeddings' rows and what it divides are saved besides
    assert 2 * unit < saved_bytes(network, x) <= 4 * unit + 8 * 50


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_small_batch_tells_what_a_large_one_saves(precision):
    found = count(SMALL, 1, 32, precision)
    large = saved_bytes(Network(build(SMALL, 1, 32), False, precision).train(), images(60, 1, 32))
    assert found.saved.at(60) == pytest.approx(large, rel=0.001)
    assert abs(found.error) < 0.001 and found.saved.at(CHECK) == pytest.approx(found.checked, rel=0.001)
    network = build(SMALL, 1, 32)
    assert found.weights == 4 * sum(parameter.numel() for parameter in network.parameters())


def test_half_precision_saves_half_as_much_an_image():
    full, half = (count(SMALL, 1, 32, precision).saved.each for precision in ("fp32", "bf16"))
    assert half == pytest.approx(full / 2, rel=0.05)


def test_a_line_goes_through_both_batches():
    assert Line.through(35, 65) == (5, 10) and Line(5, 10).at(100) == 1005


def test_images_that_a_backbone_cannot_take_are_refused(monkeypatch):
    def torn(wanted, channels, size):
        raise RuntimeError("Kernel size can't be greater than actual input size\nand more")

    monkeypatch.setattr("workflow.planner.counted.build", torn)
    with pytest.raises(UserError, match=r"--backbone small cannot take --size 8: Kernel size can't be .* input size$"):
        count(SMALL, 1, 8, "fp32")
