"""Class means: each class as the direction of the mean of its training images' embeddings.

The stored embeddings are float16, so their sums are exact in float64 whatever the order; only the last rounding to
float16 depends on a square root.
"""

import numpy as np

from workflow.evaluating.cosine import exact


def class_means(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float16 unit rows (C, D): the mean of the `rows` (n, D) float16 of each of `labels` (n,) 0..C-1, normalised.

    Zeros where the embeddings of a class cancel out.
    """
    columns = [np.bincount(labels, weights=column) for column in exact(rows).T]
    sums = np.stack(columns, axis=1)
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return (sums / np.where(length > 0, length, 1)).astype(np.float16)
