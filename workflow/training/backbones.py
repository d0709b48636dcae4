"""Backbones: from images to (B, D) embeddings that are not yet normalised. Identical under every head."""

import hashlib
from collections.abc import Callable
from functools import partial
from types import ModuleType

import torch
from torch import Tensor, nn

from workflow.cells.config import Backbone
from workflow.cells.hints import did_you_mean
from workflow.errors import UserError
from workflow.libraries import to_install


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut (He et al. 2016, fig. 2)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.body(x) + self.shortcut(x))


def embedding(features: int, dim: int) -> list[nn.Module]:
    """The usual end of a recognition backbone: flatten, linear, batch normalisation."""
    return [nn.Flatten(), nn.Linear(features, dim, bias=False), nn.BatchNorm1d(dim)]


def small(channels: int, size: int, dim: int, width: int = 16) -> nn.Module:
    """A residual net of three blocks for images of about 32x32; 0.21 M parameters at width 16 and D = 128.

    The first convolution halves the image: at full resolution its activations alone took a third of a CPU's step.
    """
    side = -(-size // 8)
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, 2, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        Residual(width, width, 1),
        Residual(width, 2 * width, 2),
        Residual(2 * width, 4 * width, 2),
        *embedding(4 * width * side * side, dim),
    )


class IBlock(nn.Module):
    """The residual block of the ArcFace networks: normalise, convolve, normalise, PReLU, convolve, normalise."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        same = stride == 1 and inputs == outputs
        self.shortcut = (
            nn.Identity()
            if same
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.shortcut(x)


def iresnet(depths: tuple[int, int, int, int], channels: int, size: int, dim: int) -> nn.Module:
    """Improved residual network of the face-recognition field (Deng et al. 2019, ArcFace, section 3.1)."""
    layers: list[nn.Module] = [nn.Conv2d(channels, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.PReLU(64)]
    inputs = 64
    for outputs, depth in zip((64, 128, 256, 512), depths, strict=True):
        for block in range(depth):
            layers.append(IBlock(inputs, outputs, 2 if block == 0 else 1))
            inputs = outputs
    side = -(-size // 16)
    return nn.Sequential(*layers, nn.BatchNorm2d(512), *embedding(512 * side * side, dim))


class Bottleneck(nn.Module):
    """Inverted residual: expand 1x1, depthwise 3x3, project 1x1 (Sandler et al. 2018)."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int):
        super().__init__()
        inner = inputs * expansion
        self.body = nn.Sequential(
            *convolution(inputs, inner, 1),
            *convolution(inner, inner, 3, stride, groups=inner),
            nn.Conv2d(inner, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.same = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.same else self.body(x)


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """Convolution, batch normalisation, PReLU."""
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.PReLU(outputs),
    ]


def mobilefacenet(channels: int, size: int, dim: int) -> nn.Module:
    """MobileFaceNet (Chen et al. 2018, table 1): global depthwise convolution instead of pooling."""
    layers = [*convolution(channels, 64, 3, 2), *convolution(64, 64, 3, groups=64)]
    inputs = 64
    for expansion, outputs, depth, stride in (
        (2, 64, 5, 2),
        (4, 128, 1, 2),
        (2, 128, 6, 1),
        (4, 128, 1, 2),
        (2, 128, 2, 1),
    ):
        for block in range(depth):
            layers.append(Bottleneck(inputs, outputs, stride if block == 0 else 1, expansion))
            inputs = outputs
    side = -(-size // 16)
    layers += convolution(inputs, 512, 1)
    layers += [nn.Conv2d(512, 512, side, groups=512, bias=False), nn.BatchNorm2d(512)]
    return nn.Sequential(*layers, *embedding(512, dim))


BACKBONES: dict[str, Callable[..., nn.Module]] = {
    "small": small,
    "iresnet18": partial(iresnet, (2, 2, 2, 2)),
    "iresnet34": partial(iresnet, (3, 4, 6, 3)),
    "iresnet50": partial(iresnet, (3, 4, 14, 3)),
    "iresnet100": partial(iresnet, (3, 13, 30, 3)),
    "mobilefacenet": mobilefacenet,
}


def build(wanted: Backbone, channels: int, size: int) -> nn.Module:
    """The backbone that config section `backbone` describes, freshly initialised from torch's current seed.

    The module maps (B, channels, size, size) float32 images in [-1, 1] to (B, D). UserError for an unknown name
    or a backbone that has no width to set.
    """
    name, dim = wanted.name, wanted.dim
    extra = {} if wanted.width is None else {"width": wanted.width}
    if name.startswith("timm:"):
        return _timm(name.removeprefix("timm:"), channels, size, dim)
    if name not in BACKBONES:
        known = ", ".join(BACKBONES)
        raise UserError(f"backbone.name '{name}' is not known: choose one of {known}, or timm:MODEL")
    try:
        return BACKBONES[name](channels, size, dim, **extra)
    except TypeError as error:
        raise UserError(f"backbone '{name}' does not take one of {', '.join(extra)}: remove it ({error})") from error


def _timm(name: str, channels: int, size: int, dim: int) -> nn.Module:
    timm = _imported(name)
    if name not in (known := timm.list_models()):
        raise UserError(f"'backbone.name' is timm:{name}: timm has no such model{did_you_mean(name, known)}")
    try:
        body = timm.create_model(name, pretrained=False, in_chans=channels, num_classes=0)
        with torch.no_grad():
            features = body.eval()(torch.zeros(1, channels, size, size)).shape[1]
    except Exception as error:  # timm's models assert, or fail somewhere within torch
        raise UserError(
            f"'backbone.name' is timm:{name}, which does not take {channels} x {size} x {size} images "
            f"({' '.join(str(error).split())}): set data.size to {_own_size(timm, name)}, or take another model"
        ) from error
    return nn.Sequential(body.train(), *embedding(features, dim))


def _imported(name: str) -> ModuleType:
    try:
        import timm
    except Exception as error:  # timm itself, torchvision, or one of another torch
        raise UserError(
            f"'backbone.name' is timm:{name}, which needs the package timm: {to_install('timm')}, or with --use-conda "
            f"add timm to workflow/envs/train.yaml ({' '.join(str(error).split())})"
        ) from error
    module: ModuleType = timm
    return module


def _own_size(timm: ModuleType, name: str) -> str:
    """The side of the images that a model was made for, in pixels, as far as timm knows."""
    known = timm.get_pretrained_cfg(name)
    return str(known.input_size[-1]) if known else "the model's own"


def fingerprint(module: nn.Module) -> str:
    """SHA-256 of a module's state: two runs that start alike have the same."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
