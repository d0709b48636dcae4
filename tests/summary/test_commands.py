import json
import subprocess
import sys
from pathlib import Path

from tests import records
from tests.summary.conftest import Made
from workflow.files import read_json


def run(*flags: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workflow.summary", *map(str, flags)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_command_writes_what_the_plan_names(made: Made, tmp_path: Path) -> None:
    cells, costs = (json.dumps([cell.model_dump() for cell in found]) for found in records.planned(made.profile))
    out = tmp_path / "summary.json"
    done = run(
        *("--profile-dir", made.profile, "--manifest", records.manifest_of(made.root), "--out", out),
        *("--cells", cells, "--costs", costs, "--split", made.profile / "glyphs-s/split.json"),
    )
    assert done.returncode == 0 and "11 of 12 runs and 24 cost cells" in done.stderr, done.stderr
    assert {**read_json(out), "collected": None} == {**read_json(made.out), "collected": None}
    for name in ("runs", "scores", "costs", "heads"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (made.out.parent / f"{name}.csv").read_bytes()


def test_the_command_finds_records_without_a_plan(made: Made, tmp_path: Path) -> None:
    done = run(
        "--profile-dir", made.profile, "--manifest", records.manifest_of(made.root), "--out", tmp_path / "summary.json"
    )
    assert done.returncode == 0 and "11 of 12 runs and 24 cost cells" in done.stderr, done.stderr


def test_a_missing_profile_is_one_sentence(tmp_path: Path) -> None:
    done = run("--profile-dir", tmp_path / "none", "--out", tmp_path / "s.json")
    assert done.returncode == 2 and "is not a folder" in done.stderr and "Traceback" not in done.stderr
