"""Files that survive, errors that are one sentence."""

import hashlib
import importlib.metadata
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workflow.checkout import commit, diff_hash
from workflow.errors import UserError
from workflow.files import atomic, read_json, write_json
from workflow.libraries import off_lock
from workflow.provenance import provenance

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
    assert (facts["diff_hash"] is None) == (not (facts["commit"] or "").endswith("+changes"))
    assert facts["lock_hash"] == hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    assert "numpy" not in facts["blas"] or "blas" in facts["blas"]["numpy"].lower()
    monkeypatch.setenv("PATH", "")
    assert commit() is None and diff_hash() is None


def test_the_hash_of_changes_follows_what_differs_from_the_commit(tmp_path):
    def git(*words):
        name = ["-c", "user.name=n", "-c", "user.email=e"]
        subprocess.run(["git", "-C", str(tmp_path), *name, *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "a").write_text("one\n")
    (tmp_path / ".gitignore").write_text("ignored\n")
    git("add", ".")
    git("commit", "-m", "first")
    (tmp_path / "ignored").write_text("x")
    assert diff_hash(tmp_path) is None and not commit(tmp_path).endswith("+changes")
    seen = set()
    for name, text in (("a", "two\n"), ("a", "three\n"), ("b", "new\n"), ("b", "newer\n")):
        (tmp_path / name).write_text(text)
        assert commit(tmp_path).endswith("+changes")
        seen.add(diff_hash(tmp_path))
    assert len(seen) == 4 and all(len(each) == 64 for each in seen)
    assert diff_hash(tmp_path) in seen


def test_packages_that_leave_the_lock_are_named():
    own = importlib.metadata.version("psutil")
    assert off_lock({"psutil": own, "no-such-package": "1"}) == {}
    assert off_lock({"psutil": "0.0.1"}) == {"psutil": own}


def test_what_multiplies_matrices_is_named_of_what_is_loaded():
    code = "import sys; from workflow.libraries import blas; assert not blas(); import numpy; assert blas()['numpy']"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    code = "import torch; from workflow.libraries import blas; words = blas()['torch']; assert len(words) > 5, words"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


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
