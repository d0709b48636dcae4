"""What a head gets from the network that training hands it: unit embeddings, features of any length, keys."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from workflow.training.encoder import Network

D = 6


def network(twin: bool = False, precision: str = "fp32") -> Network:
    torch.manual_seed(0)
    return Network(nn.Linear(D, D), twin, precision)


@pytest.fixture
def x() -> Tensor:
    return 3 * torch.randn(5, D, generator=torch.Generator().manual_seed(1))


def test_features_are_what_the_backbone_gives(x):
    net = network()
    assert torch.equal(net.features(x), net.backbone(x))
    assert torch.equal(net(x), normalize(net.backbone(x), dim=1))


@pytest.mark.parametrize("ask", [Network.forward, Network.features])
def test_whichever_a_head_asks_for_is_counted_once(x, ask):
    net = network()
    ask(net, x)
    assert (net.images, net.twin_images) == (5, 0)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_features_leave_mixed_precision_in_float32(x, precision):
    exact, rounded = network().features(x), network(precision=precision).features(x)
    assert rounded.dtype == torch.float32 and not torch.equal(rounded, exact)
    torch.testing.assert_close(rounded, exact, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("ask", [Network.forward, Network.features])
def test_the_head_sees_true_gradients_and_the_backbone_scaled_ones(x, ask):
    seen, reached = [], []
    for scale in (1.0, 1024.0):
        net = network()
        net.gradient_scale = scale
        given = ask(net, x)
        given.retain_grad()
        given.square().sum().backward()
        seen.append(given.grad)
        reached.append(net.backbone.weight.grad)
    assert torch.equal(seen[0], seen[1]) and seen[0].abs().sum() > 0
    torch.testing.assert_close(reached[0] * 1024, reached[1])


def test_keys_come_from_the_twin_without_gradient(x):
    net = network(twin=True)
    key = net.momentum(x)
    assert not key.requires_grad and torch.equal(key, net(x).detach())
    assert (net.images, net.twin_images) == (5, 5)


@pytest.mark.parametrize("ask", [Network.momentum, lambda net, x: net.embed(x, "momentum")], ids=["key", "embed"])
def test_a_twin_that_is_not_declared_is_asked_for(x, ask):
    with pytest.raises(RuntimeError, match=r"declares no `momentum`: set Head\.momentum"):
        ask(network(), x)
