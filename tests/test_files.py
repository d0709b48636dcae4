"""Files that survive, errors that are one sentence."""

import hashlib
import importlib.metadata
import math
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from workflow.checkout import Origin, origin
from workflow.errors import UserError, reason
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


def killed_while_writing(path: Path) -> None:
    """A process that is killed in the middle of a file."""
    code = f"""
import os
import shlex
from pathlib import Path
from workflow.files import atomic
with atomic(Path({str(path)!r})) as temporary:
    temporary.write_text("half", encoding="utf-8")
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == -9


def test_what_a_killed_run_left_goes_with_the_next_file(tmp_path):
    killed_while_writing(tmp_path / "checkpoint.pt")
    [left] = os.listdir(tmp_path)
    assert left.endswith(".part")
    (tmp_path / ".old.json.4711.part").touch()  # as earlier versions named them
    write_json(tmp_path / "run.json", 1)
    assert os.listdir(tmp_path) == ["run.json"]


def test_a_file_that_another_process_is_writing_is_left_alone(tmp_path):
    with atomic(tmp_path / "images.npy") as temporary:
        temporary.write_text("half")
        code = f"from workflow.files import *; write_json(Path({str(tmp_path / 'b.json')!r}), 1)"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        temporary.write_text("whole")
    assert (tmp_path / "images.npy").read_text() == "whole" and sorted(os.listdir(tmp_path)) == ["b.json", "images.npy"]


def test_two_that_write_one_file_do_not_meet(tmp_path):
    with atomic(tmp_path / "a") as first, atomic(tmp_path / "a") as second:
        first.write_text("first")
        second.write_text("second")
    assert (tmp_path / "a").read_text() == "first" and os.listdir(tmp_path) == ["a"]


def test_only_temporary_files_of_our_own_are_removed(tmp_path):
    for name in (".part", "a.part", ".a.part", ".a.xyz.part", ".a.12.partial"):
        (tmp_path / name).touch()
    (tmp_path / ".draft.12.part").mkdir()
    before = set(os.listdir(tmp_path))
    write_json(tmp_path / "a.json", 1)
    assert set(os.listdir(tmp_path)) == before | {"a.json"}


def test_a_new_file_may_be_read_by_whom_the_umask_says(tmp_path):
    write_json(tmp_path / "a.json", 1)
    (tmp_path / "b").touch()
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(UserError, match=r"no space left to write .*a\.json"), atomic(tmp_path / "a.json"):
        raise OSError(28, "No space left on device")


def test_a_number_that_is_none_is_refused_as_nan(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"a": math.nan})
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ("{", "is not a valid JSON record"),
        ("null", "is not a JSON record, but null: delete it"),
        ("[1, 2]", r"is not a JSON record, but \[1, 2\]: delete it"),
        ("[" * 100_000, "is not a valid JSON record"),
    ],
)
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
    assert (facts["no_commit"] is None) == (facts["commit"] is not None)
    monkeypatch.setenv("PATH", "")
    assert origin(ROOT).commit is None
    assert not (ROOT / ".git").exists() or origin(ROOT).no_commit.startswith("git cannot be started")


def git(folder: Path, *words: str) -> None:
    name = ["-c", "user.name=n", "-c", "user.email=e", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", str(folder), *name, *words], check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A git checkout with a file of code and a note."""
    folder = tmp_path / "checkout"
    (folder / "heads").mkdir(parents=True)
    (folder / "heads/fc.py").write_text("one\n")
    (folder / "README.md").write_text("read\n")
    (folder / ".gitignore").write_text("ignored\n")
    git(folder, "init")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "first")
    return folder


def test_the_hash_of_changes_follows_what_differs_from_the_commit(checkout):
    assert origin(checkout) == Origin(commit=origin(checkout).commit) and len(origin(checkout).commit) == 40
    seen = set()
    for name, text in (("fc", "two\n"), ("fc", "three\n"), ("mine", "new\n"), ("mine", "newer\n")):
        (checkout / f"heads/{name}.py").write_text(text)
        found = origin(checkout)
        assert found.commit.endswith("+changes") and len(found.diff_hash) == 64
        seen.add(found.diff_hash)
    assert len(seen) == 4


def test_what_is_no_code_changes_no_commit(checkout):
    for name in ("notes.txt", "README.md", "heads/ignored"):
        (checkout / name).write_text("of mine")
    assert not origin(checkout).commit.endswith("+changes")


def test_a_source_archive_in_another_repository_has_no_commit(checkout):
    inner = checkout / "vendor/headroom"
    (inner / "heads").mkdir(parents=True)
    (inner / "heads/fc.py").write_text("one\n")
    assert origin(inner) == Origin(no_commit="the code lies in no git checkout of its own")
    git(checkout, "add", ".")
    git(checkout, "commit", "-m", "vendored")
    assert origin(inner).commit is None


def test_a_hook_s_repository_is_not_taken_for_ours(checkout, tmp_path, monkeypatch):
    own = origin(checkout)
    git(tmp_path, "init")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(tmp_path / ".git"))
    assert origin(checkout) == own


def test_a_linked_worktree_has_a_commit(checkout, tmp_path):
    git(checkout, "worktree", "add", str(tmp_path / "linked"))
    assert origin(tmp_path / "linked") == origin(checkout)


def test_git_s_own_reason_is_kept(checkout, tmp_path):
    (tmp_path / "new").mkdir()
    git(tmp_path / "new", "init")
    assert origin(tmp_path / "new").no_commit == "git says: your current branch 'main' does not have any commits yet"
    (checkout / ".git/HEAD").write_text("nonsense")
    assert origin(checkout).no_commit.startswith("git says: not a git repository")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who can give a file away")
def test_a_checkout_of_another_owner_has_its_commit(checkout):
    own = origin(checkout)
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, 4321, 4321)
    assert origin(checkout) == own
    (checkout / "heads/fc.py").write_text("two\n")
    assert origin(checkout).commit.endswith("+changes")


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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ValueError(
                "This file contains pickled (object) data. If you trust the file you can load it unsafely using"
            ),
            "This file contains pickled (object) data",
        ),
        (OSError("two\n  lines"), "two lines"),
        (EOFError(), "EOFError"),
        (ValueError("expected 1.5 GB"), "expected 1.5 GB"),
    ],
)
def test_what_a_library_advises_is_not_said(error, said):
    assert reason(error) == said


CLOSED = """
import os, sys
from pathlib import Path
from workflow.console import log, say
from workflow.errors import UserError, command_line
def main():
    with open("data", "w") as file:
        os.write(1, b"said by a library"); os.write(2, b"and here")
        log("a line"); say("a result"); file.write("whole")
    raise UserError("mend it")
command_line(main)
"""


@pytest.mark.parametrize("closed", ["1", "2", "012"])
def test_nothing_that_is_said_goes_into_a_file_where_streams_are_closed(tmp_path, closed):
    shut = " ".join(f"{number}>&-" for number in closed)
    command = f"exec {shut}; {shlex.quote(sys.executable)} -c {shlex.quote(CLOSED)}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 2 and (tmp_path / "data").read_text() == "whole"
