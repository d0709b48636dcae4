"""How each row's scores vary with the test classes: the resamples beside each evaluation, averaged over seeds.

Resamples of different runs are of the same classes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from workflow.cells.paths import RESAMPLES
from workflow.summary.replicates import UNIT, read
from workflow.summary.stored import RunRow
from workflow.summary.vocabulary import Ending

DIGITS: Final = 6


def resampled(runs: Sequence[RunRow]) -> dict[str, dict[str, list[float]]]:
    """By test score and row: the mean over good seeds under each resampling; rows without such a file are left out.

    A row that has the file for some of its good seeds only is left out too: its mean would be of other seeds.
    """
    good = [run for run in runs if run.outcome == Ending.OK and run.record]
    tables = [replicates(run) for run in good]
    lacking = {run.name for run, table in zip(good, tables, strict=True) if table is None}
    kept = [table for run, table in zip(good, tables, strict=True) if table is not None and run.name not in lacking]
    if not kept:
        return {}
    rows = pd.concat(kept)
    found: dict[str, dict[str, list[float]]] = {str(score): {} for score in rows["score"].unique()}
    for key, lines in rows.groupby(["score", "name"], sort=False):
        score, name = str(key[0]), str(key[1])
        found[score][name] = (UNIT * np.mean(lines["values"].tolist(), axis=0)).round(DIGITS).tolist()
    return found


def replicates(run: RunRow) -> pd.DataFrame | None:
    """Score, name and array of a run's resamples, those that were measured; None where it has no such file."""
    path = Path(run.record or "").with_name(RESAMPLES)
    if not path.exists():
        return None
    arrays = read(path)
    return pd.DataFrame({"score": list(arrays), "name": run.name, "values": list(arrays.values())})
