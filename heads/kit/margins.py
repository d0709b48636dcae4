"""Margins: functions of the cosine between an embedding and its own class, applied to the target only.

Each takes `cosine` (B,) in [-1, 1] and its margins, and returns the (B,) penalised cosine. All fall as the angle grows,
up to and past pi, and have finite gradients at cos = +-1.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus


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
    angle under no_grad): d/dcos = 1 instead of sin(theta + m)/sin(theta). Past theta = pi - m the value goes on falling
    as `arcface` does here; the official one rises again."""
    return cosine + (arcface(cosine, m) - cosine).detach()


def combined(cosine: Tensor, m1: float = 1.0, m2: float = 0.3, m3: float = 0.2) -> Tensor:
    """cos(m1*theta + m2) - m3 (Deng et al. 2019, ArcFace, eq. 4), continued past pi as in SphereFace.

    Where m1*theta + m2 exceeds k*pi, the cosine is mirrored and lowered by 2k (Liu et al. 2017, eq. 7).
    """
    edge = 1 - torch.finfo(cosine.dtype).eps
    angle = m1 * cosine.clamp(-edge, edge).acos() + m2
    turns = (angle.detach() / math.pi).floor()
    return (1 - 2 * turns.remainder(2)) * angle.cos() - 2 * turns - m3


NEUTRAL: dict[Callable[..., Tensor], tuple[float, ...]] = {
    normface: (0.0,),
    cosface: (0.0,),
    arcface: (0.0,),
    arcface_straight_through: (0.0,),
    combined: (1.0, 0.0, 0.0),
}
"""each margin function with the margins that make it the plain cosine"""
MARGINS: dict[str, Callable[..., Tensor]] = {margin.__name__: margin for margin in NEUTRAL}


class Margin:
    """A margin function and its full margins; called with a share, it applies that share of them."""

    def __init__(self, name: str, m: float | list[float]):
        """`m` is one number, for `combined` three. ValueError lists the known names, or says how many are needed."""
        if name not in MARGINS:
            raise ValueError(f"margin '{name}' is not known: choose one of {', '.join(MARGINS)}")
        self.function, self.full = MARGINS[name], tuple(m) if isinstance(m, list | tuple) else (m,)
        self.neutral = NEUTRAL[self.function]
        if len(self.full) != len(self.neutral):
            raise ValueError(f"margin '{name}' takes {len(self.neutral)} numbers as m, not {len(self.full)}")

    def __call__(self, cosine: Tensor, share: float = 1.0) -> Tensor:
        """(B,) cosines with `share` (0 to 1) of the margin."""
        return self.function(cosine, *(n + share * (m - n) for n, m in zip(self.neutral, self.full, strict=True)))


def margin_loss(lse_negative: Tensor, cosine: Tensor, scale: float) -> Tensor:
    """Cross-entropy of one target logit against all others, per sample.

    `lse_negative` is (B,), the log-sum-exp of the other logits; `cosine` is (B,), the target's with its margin
    applied. softplus(lse - s*cos) is -log softmax without ever cancelling two large numbers.
    """
    return softplus(lse_negative - scale * cosine, threshold=50)
