"""Margins: functions of the cosine between an embedding and its own class, applied to the target only.

Each takes `cosine` (B,) in [-1, 1] and the margin m, and returns the (B,) penalised cosine.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def normface(cosine: Tensor, m: float = 0.0) -> Tensor:
    """No margin (Wang et al. 2017, NormFace): the cosine itself."""
    return cosine


def cosface(cosine: Tensor, m: float = 0.4) -> Tensor:
    """cos - m (Wang et al. 2018, CosFace, eq. 4)."""
    return cosine - m


def arcface(cosine: Tensor, m: float = 0.5) -> Tensor:
    """cos(theta + m) with its true gradient (Deng et al. 2019, ArcFace, eq. 3).

    Past theta = pi - m, where cos(theta + m) would rise again, it goes on falling as cos - m*sin(m), so that a
    worse angle never costs less. The gradient is finite at cos = +-1: sin is bounded away from 0.
    """
    sine = (1 - cosine.square()).clamp_min(torch.finfo(cosine.dtype).eps).sqrt()
    turned = cosine * math.cos(m) - sine * math.sin(m)
    return torch.where(cosine > math.cos(math.pi - m), turned, cosine - m * math.sin(m))


def arcface_straight_through(cosine: Tensor, m: float = 0.5) -> Tensor:
    """ArcFace's value with CosFace's gradient, as in insightface since December 2022 (losses.py computes the
    angle under no_grad): d/dcos = 1 instead of sin(theta + m)/sin(theta)."""
    return cosine + (arcface(cosine, m) - cosine).detach()


MARGINS = {f.__name__: f for f in (normface, cosface, arcface, arcface_straight_through)}


def margin_named(name: str) -> Callable[[Tensor, float], Tensor]:
    """The margin function called `name`; ValueError lists the choices."""
    if name not in MARGINS:
        raise ValueError(f"margin '{name}' is not known: choose one of {', '.join(MARGINS)}")
    return MARGINS[name]
