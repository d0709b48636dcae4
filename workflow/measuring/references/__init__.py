"""Heads as one writes them without thinking of memory, measured beside the others and trained by none.

What a lean head saves is a ratio to such code, and papers state their savings against it. A file's name is the
reference's; its class is named `Head`, as in heads/, and leaves its weight to torch's SGD.
"""

import importlib
from collections.abc import Mapping
from typing import cast

from heads.kit import Head


def load(name: str) -> type[Head]:
    """The class `Head` of the reference called `name`."""
    return cast("type[Head]", importlib.import_module(f"{__name__}.{name}").Head)


def make(name: str, classes: int, dim: int, options: Mapping[str, object], ratio: float) -> Head:
    """The reference called `name`, with those of the `options` of a margin softmax that a config shares."""
    return load(name)(classes, dim, ratio=ratio, **options)
