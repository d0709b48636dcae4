import json
import subprocess
import sys
from pathlib import Path

from tests import records
from tests.collected import Collected
from workflow.files import read_json


def run(*flags: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workflow.summary", *map(str, flags)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_command_writes_what_the_plan_names(collected: Collected, tmp_path: Path) -> None:
    cells, costs = (json.dumps([cell.model_dump() for cell in found]) for found in records.planned(collected.profile))
    out = tmp_path / "summary.json"
    done = run(
        *("--profile-dir", collected.profile, "--manifest", records.manifest_of(collected.root), "--out", out),
        *("--cells", cells, "--costs", costs, "--split", collected.profile / "glyphs-s/split.json"),
    )
    assert done.returncode == 0 and "11 of 12 runs and 24 cost cells" in done.stderr, done.stderr
    assert {**read_json(out), "collected": None} == {**read_json(collected.out), "collected": None}
    for name in ("runs", "scores", "costs", "heads"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (collected.out.parent / f"{name}.csv").read_bytes()


def test_the_command_finds_records_without_a_plan(collected: Collected, tmp_path: Path) -> None:
    done = run(
        "--profile-dir",
        collected.profile,
        "--manifest",
        records.manifest_of(collected.root),
        "--out",
        tmp_path / "summary.json",
    )
    assert done.returncode == 0 and "11 of 12 runs and 24 cost cells" in done.stderr, done.stderr


def test_a_missing_profile_is_one_sentence(tmp_path: Path) -> None:
    done = run("--profile-dir", tmp_path / "none", "--out", tmp_path / "s.json")
    assert done.returncode == 2 and "is not a folder" in done.stderr and "Traceback" not in done.stderr
