"""Where a cell reads and writes, and how the scores of its learning curve are made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow.cells.spec import RunSpec
from workflow.data.split_file import Split

Embed = Callable[[np.ndarray], np.ndarray]
"""positions (n,) into the split's evaluation rows -> (n, D) unit embeddings"""
CurveScores = Callable[[Embed, Split], dict[str, float | None]]
"""the scores of a learning-curve point by name; None where one cannot be made"""


@dataclass
class Cell:
    """A training cell: its specification, its data, the folder of its records, the scores of its learning curve."""

    spec: RunSpec
    dataset: Path
    split: Path
    folder: Path
    score: CurveScores
    reads: tuple[Path, ...] = ()
    """records of other cells that decide settings of this one: step times, or the setting that was chosen"""
