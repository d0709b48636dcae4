"""Write a summary: summary.json, and the same numbers as CSV tables beside it."""

from pathlib import Path
from typing import Final

import pandas as pd

from workflow.files import atomic, write_json
from workflow.summary.costs import in_training
from workflow.summary.statistics import compare
from workflow.summary.summary import Summary

CELL: Final = ["label", "head", "ratio", "seed"]
RUNS: Final = ["outcome", "reason", "steps", "planned_steps", "seconds", "exclusive", "device", "precision", "record"]
SPREAD: Final = [
    *("n", "mean", "min", "max", "low", "high", "difference"),
    *("seeds_se", "classes_se", "half_width", "margin", "verdict", "needed"),
]
FORMULA: Final = ("=", "+", "-", "@", "\t", "\n")


def write(summary: Summary, out: Path) -> None:
    """Write the summary to `out`, and runs.csv, scores.csv, costs.csv and heads.csv beside it."""
    write_json(out, summary.stored.model_dump(mode="json", by_alias=True))
    for name, table in printed(summary).items():
        write_csv(out.with_name(f"{name}.csv"), table)


def printed(summary: Summary) -> dict[str, pd.DataFrame]:
    """The four tables; an unmeasured number is an empty field with its reason beside it."""
    return {
        "runs": summary.runs[CELL + RUNS],
        "scores": summary.scores[[*CELL, "part", "score", "value", "reason"]],
        "costs": summary.costs.drop(columns="name"),
        "heads": wide(summary),
    }


def wide(summary: Summary) -> pd.DataFrame:
    """A row a head and ratio: every test score as n, mean, ... `SPREAD`; then the cost of its whole training step."""
    heads = summary.heads.set_index("name")[["label", "head", "ratio", "planned", "done"]]
    test = summary.scores[summary.scores["part"] == "test"]
    scores = [compare(summary, score)[SPREAD].add_prefix(f"{score}:") for score in sorted(test["score"].unique())]
    costs = in_training(summary).drop(columns=["label", "head", "ratio"]).add_prefix("cost.")
    return pd.concat([heads, *scores, costs], axis="columns")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table without its index. No text in it is a formula to a spreadsheet."""
    texts = table.select_dtypes(exclude="number").columns
    safe = table.assign(**{name: table[name].map(as_text) for name in texts})
    with atomic(path) as temporary:
        safe.to_csv(temporary, index=False, lineterminator="\n")


def as_text(value: object) -> object:
    """`value`; a text with one kind of line end, and after the apostrophe that spreadsheets know if it begins as
    formulas do and is no number."""
    if not isinstance(value, str):
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{lines}" if lines.startswith(FORMULA) and not is_number(lines) else lines


def is_number(text: str) -> bool:
    """Whether `text` is a number as it stands."""
    try:
        float(text)
    except ValueError:
        return False
    return True
