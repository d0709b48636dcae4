"""The encoder that training hands to a head: a backbone, its momentum twin, mixed precision."""

import copy
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from heads.kit.interface import Encoder
from heads.kit.ranks import count, total
from workflow.training.replicas import average_statistics

PRECISIONS = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


class _ScaleGradient(torch.autograd.Function):
    """Identity whose gradient is multiplied: the head sees true gradients, the half-precision backbone scaled ones."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float) -> Tensor:
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.scale, None


class Network(Encoder):
    """A backbone and, for heads that need one, its momentum twin.

    The twin starts as a copy and follows by `follow`; it normalises with its own batch's statistics, as in the
    papers' code, and never receives a gradient. Embeddings leave in float32 whatever the precision.
    """

    def __init__(self, backbone: nn.Module, twin: bool, precision: str = "fp32"):
        super().__init__()
        # channels last: a quarter faster on CPUs, and what GPUs prefer; torch's stubs lack this form of `to`
        self.backbone: nn.Module = backbone.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.twin = copy.deepcopy(backbone).requires_grad_(False) if twin else None
        self.precision = PRECISIONS[precision]
        self.gradient_scale = 1.0
        self.images = 0  # encoded with a gradient so far, by all processes
        self.twin_images = 0  # encoded by the twin so far
        self.normalised: int | None = None  # images of the last forward pass here: batch normalisation sees so many
        self.twin_normalised: int | None = None  # the same, of the twin

    def features(self, x: Tensor) -> Tensor:
        """(B, D) float32 embeddings before normalisation, with gradient."""
        self.images += len(x)
        self.normalised = len(x)
        with self._autocast(x):
            features = self.backbone(_laid_out(x))
        return _ScaleGradient.apply(features.float(), self.gradient_scale)

    @torch.no_grad()
    def momentum(self, x: Tensor) -> Tensor:
        """(B, D) float32 unit embeddings of the twin, without gradient. RuntimeError where the head declares none."""
        twin = self._declared_twin()
        self.twin_images += len(x)
        self.twin_normalised = len(x)
        with self._autocast(x):
            features = twin(_laid_out(x))
        return normalize(features.float(), dim=1)

    @torch.no_grad()
    def embed(self, x: Tensor, evaluates: str = "query") -> Tensor:
        """(B, ...) -> (B, D) float32 unit embeddings as they would be deployed, counted nowhere: of the query net, or
        of the twin where the head `evaluates` that (`momentum`)."""
        net = self._declared_twin() if evaluates == "momentum" else self.backbone
        training = net.training
        features = net.eval()(_laid_out(x))
        net.train(training)
        return normalize(features.float(), dim=1)

    @torch.no_grad()
    def follow(self, momentum: float) -> None:
        """Move the twin's parameters towards the backbone's: twin <- momentum*twin + (1 - momentum)*backbone."""
        if self.twin is not None:
            twin: list[Tensor] = [*self.twin.parameters()]
            backbone: list[Tensor] = [*self.backbone.parameters()]
            torch._foreach_lerp_(twin, backbone, 1 - momentum)

    def align(self, counted: tuple[int, int]) -> None:
        """After a step make what this process saw what all have seen: batch statistics, and how many images.

        `counted` are `images` and `twin_images` before the step. A collective call.
        """
        if count() == 1:
            return
        average_statistics(self)
        own = torch.tensor([self.images, self.twin_images]) - torch.tensor(counted)
        self.images, self.twin_images = (torch.tensor(counted) + total(own)).tolist()

    def _declared_twin(self) -> nn.Module:
        if self.twin is None:
            raise RuntimeError("this head asked for momentum embeddings but declares no `momentum`: set Head.momentum")
        return self.twin

    def _autocast(self, x: Tensor) -> AbstractContextManager:
        return torch.autocast(x.device.type, self.precision) if self.precision else nullcontext()


def _laid_out(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
