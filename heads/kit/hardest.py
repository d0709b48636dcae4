"""The hardest negatives: the entries of a pool most similar to a probe, found in the pass of the log-sum-exp."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from heads.kit.lse import widened


class Finding(NamedTuple):
    """The h entries of a pool most similar to each of n probes."""

    pool: Tensor
    """(K, D) vectors"""
    cosines: Tensor
    """(n, h)"""
    at: Tensor
    """(n, h) int64 positions in the pool"""

    def split(self, lengths: list[int]) -> list["Finding"]:
        """Those of consecutive groups of probes."""
        parts = zip(self.cosines.split(lengths), self.at.split(lengths), strict=True)
        return [Finding(self.pool, *part) for part in parts]


class Hardest:
    """Watches a pass over a pool (see lse.Watcher) for the `number` entries most similar to each probe.

    `wanted` (B,) bool says which probes need them; `like` has the dtype and device of the probes.
    """

    def __init__(self, wanted: Tensor, number: int, like: Tensor):
        self.wanted, self.scale = wanted, 1.0
        self.logits = widened(like).new_full((len(wanted), number), -torch.inf)
        self.at = torch.zeros(len(wanted), number, dtype=torch.int64, device=like.device)

    def see(self, logits: Tensor, part: slice, scale: float) -> None:
        """Take in the (B, n) logits of the pool's entries `part`, cosines times `scale`."""
        self.scale = scale
        rows = self._promising(logits)
        logits, at = logits[rows].topk(min(self.at.shape[1], logits.shape[1]), 1)
        logits = torch.cat([self.logits[rows], logits], 1)
        at = torch.cat([self.at[rows], at + part.start], 1)
        self.logits[rows], keep = logits.topk(self.at.shape[1], 1)
        self.at[rows] = at.gather(1, keep)

    def _promising(self, logits: Tensor) -> Tensor | slice:
        """The probes with a better entry here; all of them where the host would have to wait for the list."""
        if logits.device.type != "cpu":
            return slice(None)
        return (self.wanted & (logits.amax(1) > self.logits[:, -1])).nonzero().squeeze(1)

    def found(self, pool: Tensor) -> Finding:
        """What was found in `pool` (K, D), once the pass is over."""
        return Finding(pool, self.logits / self.scale, self.at)


def pull(here: Finding, there: Finding) -> Tensor:
    """(n, D) mean of each probe's h most similar vectors in two findings of h each, those at an obtuse angle left out.

    Its product with the probe is the mean over the h of max(cosine, 0), and it is that mean's gradient.
    """
    cosines = torch.cat([here.cosines, there.cosines], 1)
    number = here.at.shape[1]
    weights = torch.zeros_like(cosines).scatter_(1, cosines.topk(number, 1).indices, 1 / number)
    near, far = weights.masked_fill_(cosines <= 0, 0).to(here.pool.dtype).split(number, 1)
    return weighted(here, near) + weighted(there, far)


def weighted(found: Finding, weights: Tensor) -> Tensor:
    """(n, D) sum of the found vectors times `weights` (n, h)."""
    return embedding_bag(found.at, found.pool, per_sample_weights=weights, mode="sum")
