"""What others published of the heads of a run, on the evaluation sets that it was scored on: papers.yaml."""

import re
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from workflow.summary.summary import Summary

ACCURACY = r"sets/([^/]+)/accuracy"


class PublishedRow(BaseModel):
    """One trained model of somebody else's, of any ratio where none is said; `scores` are accuracies by the name of the
    evaluation set, from 0 to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    head: str
    ratio: float | None = None
    name: str
    backbone: str
    data: str
    source: str
    scores: dict[str, float]


@cache
def published_rows() -> tuple[PublishedRow, ...]:
    """The rows of papers.yaml."""
    rows = yaml.safe_load(Path(__file__).with_name("papers.yaml").read_text(encoding="utf-8"))
    return tuple(PublishedRow.model_validate(row) for row in rows)


def beside(summary: Summary) -> tuple[list[str], list[PublishedRow]]:
    """The evaluation sets of a run, by name, and the published rows of its heads at its ratios with a score on one."""
    test = summary.scores.loc[summary.scores["part"] == "test", "score"].unique()
    found = (re.fullmatch(ACCURACY, str(name)) for name in test)
    sets = sorted(match[1] for match in found if match)
    rows = set(zip(summary.heads["head"], summary.heads["ratio"], strict=True))
    own = rows | {(head, None) for head, _ in rows}
    return sets, [row for row in published_rows() if (row.head, row.ratio) in own and set(sets) & set(row.scores)]
