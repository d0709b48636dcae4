"""How much memory a cell's jobs ask for, by the classes and images of its split."""

import json
from functools import cache
from pathlib import Path

CLASS_ROWS = 3
"""rows held of a class at most: its centre, the centre's momentum, and a copy"""


@cache
def rows_mb(split: Path, dim: int) -> int:
    """MB of `dim` float32 numbers for every row of every class of `split`, and every image evaluated or enrolled.

    FileNotFoundError that names `split` where it has not been made: snakemake asks again once it is. One that cannot be
    read counts nothing: the job says what is wrong with it.
    """
    split.stat()
    try:
        counts = json.loads(split.with_suffix(".json").read_text(encoding="utf-8"))["counts"]
        rows = CLASS_ROWS * counts["train_classes"] + counts["eval_images"] + counts["enrolled_images"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return int(4 * rows * dim / 10**6)
