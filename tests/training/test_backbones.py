"""Every backbone maps images to embeddings, and starts alike from the same seed."""

import builtins
import sys
from types import SimpleNamespace

import pytest
import torch

from workflow.cells.config import Backbone
from workflow.errors import UserError
from workflow.training.backbones import BACKBONES, build, fingerprint


def wanted(section: dict) -> Backbone:
    """The config's section, also one that its own checks would refuse."""
    return Backbone.model_construct(**section)


@pytest.mark.parametrize("name", [name for name in BACKBONES if name != "iresnet100"])
@pytest.mark.parametrize(("channels", "size"), [(1, 32), (3, 40)])
def test_shapes_and_gradients(name, channels, size):
    torch.manual_seed(0)
    net = build(wanted({"name": name, "dim": 16}), channels, size)
    out = net(torch.randn(2, channels, size, size))
    assert out.shape == (2, 16)
    out.square().sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_small_has_the_stated_size():
    count = sum(parameter.numel() for parameter in build(wanted({"name": "small", "dim": 128}), 1, 32).parameters())
    assert round(count / 1e6, 2) == 0.21


def test_iresnet100_has_as_many_layers_as_its_name_says():
    net = build(wanted({"name": "iresnet100", "dim": 512}), 3, 112)
    weighted = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    shortcuts = [m for m in weighted if getattr(m, "kernel_size", None) == (1, 1)]
    assert len(weighted) - len(shortcuts) == 100
    assert round(sum(p.numel() for p in net.parameters()) / 1e6) == 65


def test_the_same_seed_gives_the_same_start():
    prints = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        prints.append(fingerprint(build(wanted({"name": "small", "dim": 8}), 1, 32)))
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "resnet9000"}, "backbone.name 'resnet9000' is not known: choose one of small"),
        ({"name": "iresnet18", "width": 8}, "does not take one of width"),
    ],
)
def test_a_wrong_backbone_is_refused(settings, message):
    with pytest.raises(UserError, match=message):
        build(wanted(settings | {"dim": 8}), 1, 32)


def test_timm_is_asked_for_by_name_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    said = (
        r"timm:resnet18, which needs the package timm: pip install timm torch==[\d.]+.*, or with --use-conda add timm"
    )
    with pytest.raises(UserError, match=said):
        build(wanted({"name": "timm:resnet18", "dim": 8}), 1, 32)


class FakeTimm:
    """timm's two functions that are used: a list of names, and a model without a classifier."""

    @staticmethod
    def list_models():
        return ["tiny", "strict"]

    @staticmethod
    def get_pretrained_cfg(name):
        return SimpleNamespace(input_size=(3, 224, 224))

    @staticmethod
    def create_model(name, pretrained, in_chans, num_classes):
        assert not pretrained and num_classes == 0
        if name == "strict":
            raise AssertionError("Input height (32) doesn't match model (224).")
        return torch.nn.Sequential(torch.nn.Conv2d(in_chans, 6, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())


def test_a_timm_model_gets_our_embedding_layer(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    monkeypatch.setitem(sys.modules, "timm", FakeTimm)
    assert build(wanted({"name": "timm:tiny", "dim": 8}), 3, 32)(torch.randn(2, 3, 32, 32)).shape == (2, 8)
    with pytest.raises(UserError, match=r"is timm:tinny: timm has no such model; did you mean 'tiny'\?"):
        build(wanted({"name": "timm:tinny", "dim": 8}), 3, 32)


def test_a_timm_model_for_other_images_says_which(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", FakeTimm)
    with pytest.raises(UserError) as raised:
        build(wanted({"name": "timm:strict", "dim": 8}), 1, 32)
    assert str(raised.value) == (
        "'backbone.name' is timm:strict, which does not take 1 x 32 x 32 images (Input height (32) "
        "doesn't match model (224).): set data.size to 224, or take another model"
    )


def test_a_timm_that_does_not_fit_this_torch_is_said_to_be_missing(monkeypatch):
    def broken(name, *rest):
        if name == "timm":
            raise RuntimeError("operator torchvision::nms does not exist")
        return imported(name, *rest)

    imported = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(UserError, match=r"needs the package timm: .*\(operator torchvision::nms does not exist\)"):
        build(wanted({"name": "timm:resnet18", "dim": 8}), 1, 32)
