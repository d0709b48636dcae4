"""A summary: what was collected, as typed facts and tidy tables that all statistics start from."""

from dataclasses import dataclass

import pandas as pd

from workflow.cells.records import Declared, Parameters
from workflow.summary.facts import Facts
from workflow.summary.stored import SummaryRecord

Value = str | float | int | bool | None
Line = dict[str, Value]


@dataclass(frozen=True, eq=False)
class Summary:
    """In the tables, a number that was not measured is NaN or NA, a text None; `lines` gives rows with None for all.

    facts: what is true of all rows; they are read from `stored`, which is what summary.json holds.
    runs: a row a planned training cell: name, label, head, ratio, seed, outcome, reason, record, backbone, steps,
        planned_steps, seconds, images_gradient, images_encoded, exclusive, device, processes, precision, resumed,
        initial_weights, protocol, split_hash, evaluated_split, command, commit, start, finish.
    scores: a row a run, part and score: name, label, head, ratio, seed, part, score, value, reason (why null).
    progress: a row a loss (score None) or a validation score (loss, lr NaN) while training: name, label, ratio, seed,
        step, images, encoded, seconds, loss, lr, score, value.
    curves: a row a point: name, label, ratio, seed, curve, x, y, n. `roc_hard` and `roc_all`: x false-accept rate, y
        true-accept rate; `shots`: x training images of a class, y rank-1, n probes.
    costs: a row a planned cost cell with nested numbers as dotted columns: mode, label, head, classes, ratio, name,
        record, dim, batch, precision, outcome, reason, exclusive, other_load_cores, attempts, device, finish, samples,
        step_ms.median, step_ms.p10, step_ms.p90, upkeep.*, images_per_second.gradient, images_per_second.encoded,
        parts_ms.*, memory.*, peak_bytes, peak_meter, nvml.*, floor.*, floor_share.
    heads: a row a label and ratio, in planned order: name, label, head, ratio, reference (bool), planned, done (seeds),
        images_per_step_gradient, images_per_step_encoded.
    declared, parameters: by row name, of the first run that has them.
    """

    stored: SummaryRecord
    runs: pd.DataFrame
    scores: pd.DataFrame
    progress: pd.DataFrame
    curves: pd.DataFrame
    costs: pd.DataFrame
    heads: pd.DataFrame
    declared: dict[str, Declared]
    parameters: dict[str, Parameters]

    @property
    def facts(self) -> Facts:
        return self.stored

    @property
    def reference(self) -> str | None:
        """The name of the row that differences are taken to, None if this run has none."""
        return self.stored.reference


def lines(table: pd.DataFrame) -> list[Line]:
    """The rows of a table as dicts, with None for everything that was not measured."""
    columns = {
        str(name): [
            None if pd.api.types.is_scalar(value) and pd.isna(value) else value for value in table[name].tolist()
        ]
        for name in table
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def line_of(table: pd.DataFrame, name: object) -> pd.Series:
    """The one line of a table whose index says `name`; KeyError where there is none."""
    return table.loc[[name]].iloc[0]


def lines_of(table: pd.DataFrame, level: str, value: object) -> pd.DataFrame:
    """The lines of a table that have a value in a level of its index, which is left out; none where there are none."""
    return table[table.index.get_level_values(level) == value].droplevel(level)


def number_at(table: pd.DataFrame, row: object, column: object) -> float:
    """One number of a table, NaN where it was not measured or there is no such row or column."""
    if row not in table.index or column not in table:
        return float("nan")
    return float(table.loc[[row], [column]].to_numpy(dtype="float64").item())
