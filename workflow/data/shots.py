"""Classes with many, medium and few training images."""

import numpy as np

from workflow.cells.records import ShotLimits


def band_of(shots: np.ndarray, limits: ShotLimits) -> np.ndarray:
    """Place in records.BANDS, int64 (n,), of each of `shots` (n,) numbers of training images."""
    return np.where(shots >= limits.many, 0, np.where(shots >= limits.medium, 1, 2)).astype(np.int64)
