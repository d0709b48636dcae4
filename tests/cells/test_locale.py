"""A plan finds folders by their names in UTF-8, whatever the locale says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANS = """
import sys, yaml
from workflow.cells.config import Config
from workflow.data.listing import listing
from workflow.errors import command_line

def main():
    mapping = yaml.safe_load(open("config/default.yaml", encoding="utf-8"))
    mapping["data"] = {"name": "mine", "source": "folder", "path": yaml.safe_load(sys.stdin.buffer.read())}
    print(listing(Config.parse(mapping).data))

command_line(main)
"""


def planned(folder: Path, locale: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"LC_ALL": locale, "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", PLANS]
    return subprocess.run(command, cwd=ROOT, env=environment, input=str(folder).encode(), capture_output=True)


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_is_found_in_any_locale_or_named(there, tmp_path):
    if there:
        (tmp_path / "Bücher" / "Käfer").mkdir(parents=True)
    first, other = planned(tmp_path / "Bücher", "C"), planned(tmp_path / "Bücher", "C.UTF-8")
    assert (first.returncode, first.stdout, first.stderr) == (other.returncode, other.stdout, other.stderr)
    if there:
        assert first.returncode == 0 and len(first.stdout.strip()) == 8
    else:
        assert first.returncode == 2 and f"'data.path': {tmp_path}/Bücher is not a folder".encode() in first.stderr
