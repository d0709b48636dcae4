"""evaluation.json and the line of its scores, from the library and from the command line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workflow.cells.records import EvaluationRecord
from workflow.errors import DIED, UserError
from workflow.evaluating.__main__ import main, parser
from workflow.evaluating.record import evaluate_cell


def run(*arguments):
    command = [sys.executable, "-m", "workflow.evaluating", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_record_holds_what_the_contract_says(make_cell, world):
    cell, split = make_cell()
    line = evaluate_cell(cell, split, [10])
    record = json.loads((cell / "evaluation.json").read_text())
    assert record["protocol"] == "headroom-2"
    assert record["cell"]["label"] == "dcq"
    assert (record["outcome"], record["reason"], record["split_hash"]) == ("ok", None, world.split.record.hash)
    assert set(record["curves"]) == {"roc_hard", "roc_all", "shots"}
    assert {"machine", "versions", "command", "commit"} <= set(record)
    assert record["counts"]["test"]["distractors"] == 25
    test = record["test"]
    numbers = [100 * test[name] for name in ("verification_hard/accuracy", "identification/rank1", "closed/rank1")]
    bands = [100 * test[f"closed/rank1/{band}"] for band in ("many", "medium", "few")]
    assert line == (
        "dcq 0.3 seed 0: hard pairs {:.1f} % · 1:N {:.1f} % · identification {:.1f} % "
        "(many {:.1f}, medium {:.1f}, few {:.1f}) · 104 s".format(*numbers, *bands)
    )


def test_two_scorings_differ_in_time_alone(make_cell):
    cell, split = make_cell()
    records = []
    for _ in range(2):
        evaluate_cell(cell, split, [10])
        records.append(json.loads((cell / "evaluation.json").read_text()))
    times = {"start": None, "finish": None}
    assert records[0] | times == records[1] | times


def test_a_diverged_cell_is_a_result_with_its_reason(make_cell):
    cell, split = make_cell("diverged", "loss is nan")
    np.save(cell / "embeddings.npy", np.zeros((0, 12), np.float16))
    assert evaluate_cell(cell, split, [10]) == "dcq 0.3 seed 0: diverged at step 211 (loss is nan)"
    record = json.loads((cell / "evaluation.json").read_text())
    assert record["outcome"] == "diverged"
    assert set(record["test"].values()) == {None}
    assert set(record["notes"].values()) == {"diverged: loss is nan"}


def test_an_ok_cell_without_embeddings_is_refused(make_cell):
    cell, split = make_cell()
    np.save(cell / "embeddings.npy", np.zeros((0, 12), np.float16))
    with pytest.raises(UserError, match=r"embeddings\.npy"):
        evaluate_cell(cell, split, [10])
    assert not (cell / "evaluation.json").exists()


def test_command_line_prints_one_line_and_names_what_is_missing(make_cell):
    cell, split = make_cell()
    done = run("score", "--cell", cell, "--split", split, "--distractors", 10, 25)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"dcq 0\.3 seed 0: hard pairs .* · 104 s\n", done.stdout)
    assert "identification/rank1@25" in json.loads((cell / "evaluation.json").read_text())["test"]
    (cell / "run.json").unlink()
    failed = run("score", "--cell", cell, "--split", split)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "run.json does not exist" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize("size", ["0", "-5", "many"])
def test_sizes_must_be_positive(size, capsys):
    with pytest.raises(SystemExit) as stop:
        parser().parse_args(["score", "--cell", "c", "--split", "s", "--distractors", size])
    assert stop.value.code == 2
    assert "distractors" in capsys.readouterr().err


def test_centres_of_another_size_are_refused(make_cell, world):
    cell, split = make_cell()
    for centres, message in (
        (world.centres[:7], "0 or 40 rows"),
        (np.eye(40, dtype=np.float16), "differ in dimension"),
    ):
        np.save(cell / "centres.npy", centres)
        with pytest.raises(UserError, match=message):
            evaluate_cell(cell, split, [10])


def spoken_for(monkeypatch, *arguments: object, status: int = 137) -> None:
    """A subcommand, started for one that died."""
    monkeypatch.setenv(DIED, str(status))
    monkeypatch.setattr(sys, "argv", ["evaluating", *map(str, arguments)])
    main()
    monkeypatch.delenv(DIED)


@pytest.fixture
def dataset(tmp_path) -> Path:
    """A folder of three images."""
    np.save(tmp_path / "images.npy", np.zeros((3, 8, 8), np.uint8))
    (tmp_path / "manifest.json").write_text('{"hash": "d1"}')
    return tmp_path


def test_a_killed_embedding_is_told_by_the_scores(make_cell, monkeypatch, dataset, capsys):
    cell, split = make_cell()
    (cell / "embeddings.npy").unlink()
    spoken_for(monkeypatch, "embed", "--cell", cell, "--dataset", dataset, "--split", split)
    reason = "while embedding, the process was killed by signal 9 (SIGKILL)"
    assert capsys.readouterr().out == f"{cell}: failed ({reason})\n"
    assert evaluate_cell(cell, split, [10]) == f"dcq 0.3 seed 0: failed at step 211 ({reason})"
    record = EvaluationRecord.read(cell / "evaluation.json")
    assert (record.outcome, record.reason, set(record.test.values())) == ("failed", reason, {None})
    assert set(record.notes.values()) == {f"failed: {reason}"}


def test_an_embedding_that_died_of_cut_off_images_names_them(make_cell, monkeypatch, dataset):
    cell, split = make_cell()
    (cell / "embeddings.npy").unlink()
    os.truncate(dataset / "images.npy", 140)
    with pytest.raises(UserError, match=r"images\.npy cannot be read"):
        spoken_for(monkeypatch, "embed", "--cell", cell, "--dataset", dataset, "--split", split, status=135)
    assert not (cell / "embeddings.npy").exists()


def test_a_killed_scoring_and_a_killed_baseline_leave_records(make_cell, monkeypatch, dataset):
    cell, split = make_cell()
    spoken_for(monkeypatch, "score", "--cell", cell, "--split", split, "--distractors", 10)
    out = dataset / "raw"
    place = ("--out", out, "--profile", "p", "--dataset", dataset, "--split", split, "--backbone", '{"name": "small"}')
    spoken_for(monkeypatch, "baseline", "--kind", "raw", *place)
    for folder, label, what in ((cell, "dcq", "while scoring, "), (out, "raw", "")):
        record = EvaluationRecord.read(folder / "evaluation.json")
        assert (record.cell.label, record.outcome) == (label, "failed")
        assert record.reason == f"{what}the process was killed by signal 9 (SIGKILL)"
        assert set(record.test.values()) == {None} and (folder / "resamples.npz").exists()


def test_too_little_memory_for_scores_is_an_outcome(make_cell, monkeypatch):
    cell, split = make_cell()

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("workflow.evaluating.record.cell_scores", fail)
    monkeypatch.setattr(sys, "argv", ["evaluating", "score", "--cell", str(cell), "--split", str(split)])
    main()
    record = EvaluationRecord.read(cell / "evaluation.json")
    assert (record.outcome, record.reason) == ("out of memory", "while scoring, the host ran out of memory")
