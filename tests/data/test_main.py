"""The stage as a command: one line of error, no traceback, and the files it promises."""

import json
import subprocess
import sys

import numpy as np
import pytest

from workflow.data.__main__ import main
from workflow.data.split_file import load_split
from workflow.data.store import check_dataset
from workflow.errors import command_line

SECTION = {"name": "d", "tier": "dejavu", "characters": 120, "size": 16, "classes": 50, "distractors": 10}
SECTION |= {"open_set": {"validation": 10, "test": 20}}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workflow.data", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_build_split_and_check(tmp_path):
    out, split = tmp_path / "d", tmp_path / "results" / "split.npz"
    settings = json.dumps(SECTION)
    built = run("build", "--settings", settings, "--out", out, "--cache", tmp_path / "c", "--jobs", 2)
    assert built.returncode == 0, built.stderr
    assert built.stdout == "" and "images of 120 classes" in built.stderr
    done = run("split", "--settings", settings, "--dataset", out, "--out", split)
    assert done.returncode == 0, done.stderr
    assert load_split(split).record.dataset_hash == check_dataset(out)
    assert run("check", out).returncode == 0
    classes = np.load(out / "classes.npy")
    np.save(out / "classes.npy", classes[::-1])
    assert run("check", out).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "--settings", "{", "--out", "x"], "--settings is not valid JSON"),
        (["build", "--settings", '{"name": "x", "tier": "q"}', "--out", "x"], "data.tier"),
        (["split", "--settings", '{"name": "x"}', "--dataset", "nowhere", "--out", "x.npz"], "not a finished dataset"),
        (["fetch", "--settings", '{"name": "x", "source": "folder", "path": "y"}'], "nothing to fetch"),
    ],
)
def test_errors_are_one_sentence(arguments, message, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["python -m workflow.data", *arguments])
    with pytest.raises(SystemExit, match="2"):
        command_line(main)
    said = capsys.readouterr()
    assert message in said.err and len(said.err.strip().splitlines()) == 1 and not said.out
