"""Files that survive, errors that are one sentence."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workflow.errors import UserError
from workflow.files import atomic, read_json, write_json
from workflow.provenance import commit, provenance

ROOT = Path(__file__).parent.parent


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("killed")
    assert read_json(path) == {"a": 1} and os.listdir(tmp_path) == ["a.json"]


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(UserError, match=r"no space left to write .*a\.json"), atomic(tmp_path / "a.json"):
        raise OSError(28, "No space left on device")


def test_a_number_that_is_none_is_refused_as_nan(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"a": math.nan})
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(("content", "message"), [(None, "does not exist"), ("{", "is not a valid JSON record")])
def test_a_record_that_cannot_be_read_is_named(tmp_path, content, message):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=rf"a\.json {message}"):
        read_json(path)


def test_provenance_names_machine_versions_and_commit(monkeypatch):
    facts = provenance()
    assert facts["machine"]["cores"] == os.cpu_count() and facts["machine"]["memory_bytes"] > 2**28
    assert facts["versions"]["torch"].startswith("2.")
    assert facts["commit"] is None or len(facts["commit"].removesuffix("+changes")) == 40
    monkeypatch.setenv("PATH", "")
    assert commit() is None


SCRIPT = """
from workflow.errors import UserError, command_line
def main():
    raise UserError("the file x.png cannot be read: delete it")
command_line(main)
"""


def test_an_error_is_one_sentence_on_standard_error():
    result = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "headroom: the file x.png cannot be read: delete it\n"
