"""Baselines are found by their split, in the config's order, the newest of a kind."""

import os
from pathlib import Path

from tests import records
from workflow.cells.records import EvaluationRecord, SplitRecord
from workflow.cells.spec import CellName
from workflow.summary.baselines import baseline_rows


def write(
    profile: Path, folder: str, kind: str, split_hash: str, score: float | None, time: int, **ending: str
) -> None:
    cell = CellName(profile="p", dataset="glyphs-s", backbone="small", label=kind, head=kind, ratio=1, seed=0)
    path = profile / "glyphs-s/baselines" / folder / "evaluation.json"
    EvaluationRecord(
        start="now",
        protocol="x",
        cell=cell,
        split_hash=split_hash,
        test={"closed/rank1": score},
        **{"outcome": "ok"} | ending,
    ).write(path)
    os.utime(path, (time, time))


def test_rows_are_those_of_the_split_in_order(tmp_path):
    profile = records.build(tmp_path)
    split = SplitRecord.read(profile / "glyphs-s/split.json")
    write(profile, "untrained-1", "untrained", split.hash, 0.1, 1)
    write(profile, "raw-1", "raw", split.hash, 0.2, 1)
    write(profile, "raw-0", "raw", split.hash, 0.3, 9)
    write(profile, "lda-1", "lda", "another", 0.4, 1)
    found = baseline_rows(profile, split)
    assert [(row.kind, row.scores["test"]["closed/rank1"]) for row in found] == [("raw", 0.3), ("untrained", 0.1)]
    assert baseline_rows(profile, None) == []


def test_one_whose_process_was_killed_says_so(tmp_path):
    profile = records.build(tmp_path)
    split = SplitRecord.read(profile / "glyphs-s/split.json")
    write(profile, "raw-0", "raw", split.hash, None, 1, outcome="out of memory", reason="the process was killed")
    [row] = baseline_rows(profile, split)
    assert row.reason == "out of memory: the process was killed" and row.scores["test"] == {"closed/rank1": None}
