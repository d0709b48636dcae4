"""Every backbone maps images to embeddings, and starts alike from the same seed."""

import pytest
import torch

from workflow.record import UserError
from workflow.training.backbones import BACKBONES, build, fingerprint


@pytest.mark.parametrize("name", [name for name in BACKBONES if name != "iresnet100"])
@pytest.mark.parametrize(("channels", "size"), [(1, 32), (3, 40)])
def test_shapes_and_gradients(name, channels, size):
    torch.manual_seed(0)
    net = build({"name": name, "dim": 16}, channels, size)
    out = net(torch.randn(2, channels, size, size))
    assert out.shape == (2, 16)
    out.square().sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_small_has_the_stated_size():
    count = sum(parameter.numel() for parameter in build({"name": "small", "dim": 128}, 1, 32).parameters())
    assert round(count / 1e6, 2) == 0.21


def test_iresnet100_has_as_many_layers_as_its_name_says():
    net = build({"name": "iresnet100", "dim": 512}, 3, 112)
    weighted = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    shortcuts = [m for m in weighted if getattr(m, "kernel_size", None) == (1, 1)]
    assert len(weighted) - len(shortcuts) == 100
    assert round(sum(p.numel() for p in net.parameters()) / 1e6) == 65


def test_the_same_seed_gives_the_same_start():
    prints = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        prints.append(fingerprint(build({"name": "small", "dim": 8}, 1, 32)))
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "resnet9000"}, "backbone.name 'resnet9000' is not known: choose one of small"),
        ({"name": "small", "depth": 3}, "does not take one of depth"),
    ],
)
def test_a_wrong_backbone_is_refused(settings, message):
    with pytest.raises(UserError, match=message):
        build(settings | {"dim": 8}, 1, 32)
