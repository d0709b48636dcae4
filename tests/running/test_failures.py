"""What a finished run tells of cells that did not end well."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from workflow.running.failures import failures

PLAN = SimpleNamespace(
    runs=["a", "b"],
    baselines=["raw"],
    machine="machine.json",
    costs=["c/head.json", "c/step.json"],
    chosen=["t/fc.json"],
)
KILLED = {"outcome": "failed", "reason": "the process was killed"}
SAID = "failed, the process was killed"


@pytest.fixture
def found(tmp_path, monkeypatch):
    """The failures that these records tell of, by path."""
    monkeypatch.chdir(tmp_path)

    def found(**records: dict[str, object]) -> list[tuple[str, ...]]:
        for name, record in records.items():
            path = Path(name.replace("__", "/") + ".json")
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(record))
        return list(failures(PLAN))

    return found


def test_what_ended_well_or_was_not_asked_for_is_not_told(found):
    assert found(a__run={"outcome": "ok"}, a__evaluation={"outcome": "ok"}, machine={}) == []


def test_a_cell_that_failed_is_told_once(found):
    assert found(a__run=KILLED, a__evaluation=KILLED) == [("a/run.json", SAID, "a/run.json")]


def test_of_a_trained_cell_without_scores_the_embedding_is_made_again(found):
    assert found(b__run={"outcome": "ok"}, b__evaluation=KILLED) == [("b/evaluation.json", SAID, "b/embeddings.npy")]


def test_so_are_baselines_and_the_machine(found):
    told = found(raw__evaluation=KILLED, machine=KILLED)
    assert [failure.again for failure in told] == ["raw/evaluation.json", "machine.json"]


def test_so_are_timings_and_choices_but_not_what_does_not_fit(found):
    too_large = {"outcome": "out of memory", "reason": "38 GiB"}
    assert [failure.again for failure in found(c__head=KILLED, c__step=too_large, t__fc=KILLED)] == [
        "t/fc.json",
        "c/head.json",
    ]
