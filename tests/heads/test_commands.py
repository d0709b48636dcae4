"""`python -m heads`, as a newcomer types it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import heads
from heads.__main__ import line
from tests.heads.cases import working


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(heads.FOLDER, tmp_path / "heads", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "heads", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"PATH": ""})


def test_the_list_has_every_head_with_its_options(folder):
    said = python(folder).stdout
    for name in working():
        assert f"\n{name} " in f"\n{said}"
        assert all(option in said for option in heads.options(name))


def test_new_writes_a_head_that_is_listed(folder):
    result = python(folder, "new", "mine")
    assert result.returncode == 0 and "- {head: mine}" in result.stdout
    assert "mine " in python(folder).stdout


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise SystemExit(3)", "mine         heads/mine.py cannot be imported: SystemExit: 3"),
        ("x = (", "mine         heads/mine.py cannot be imported: SyntaxError"),
        ("raise RuntimeError('no disk')", "mine         heads/mine.py cannot be imported: RuntimeError: no disk"),
        ("x = 1", "mine         heads/mine.py has no class named Head"),
        (
            "from heads.kit import interface\n\n\nclass Head(interface.Head):\n    pass",
            "no twin     without a docstring",
        ),
        (
            "from heads import kit\n\n\nclass Head(kit.Head):\n"
            "    def __init__(self, num_classes, embedding_dim, *, class_counts, size, gap=2): ...",
            "             size, gap=2\n",
        ),
    ],
)
def test_a_faulty_file_says_what_is_wrong_with_it(add_head, code, message):
    assert message in line(add_head("mine", code + "\n")) + "\n"


def test_a_faulty_file_does_not_hide_the_other_heads(folder):
    (folder / "heads/mine.py").write_text("raise SystemExit(3)\n")
    said = python(folder).stdout
    assert "mine         heads/mine.py cannot be imported: SystemExit: 3" in said
    assert all(f"\n{name} " in f"\n{said}" for name in working())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fc", "heads/fc.py exists already"),
        ("FC", "heads/fc.py exists already"),
        ("kit", "heads/kit exists already"),
        ("_x", "cannot name a head"),
        ("a-b", "cannot"),
        ("class", "'class' is a word of Python's"),
    ],
)
def test_new_refuses_a_name_it_cannot_use(folder, name, message):
    result = python(folder, "new", name)
    assert result.returncode != 0 and message in result.stderr and "Traceback" not in result.stderr


def test_a_file_that_a_folder_hides_is_no_head(folder):
    (folder / "heads/kit.py").write_text((folder / "heads/fc.py").read_text())
    assert "\nkit " not in python(folder).stdout
    with pytest.raises(ValueError, match="head 'kit' cannot be: the folder heads/kit goes before"):
        heads.load("kit")


def test_files_of_the_kit_are_no_heads():
    assert "kit" not in heads.names() and not set(heads.names()) & {path.stem for path in heads.shared()}
    assert {"interface", "lse", "margins", "centres"} <= {path.stem for path in heads.shared()}
