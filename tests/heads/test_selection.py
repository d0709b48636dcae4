"""Which tests run: a broken file in heads/ costs its own head alone, and `-k NAME` runs what tests that head alone."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import heads
from tests.heads.cases import working
from tests.heads.contract.mistakes.mistake import RIGHT

ROOT = Path(__file__).parent.parent.parent
BROKEN = {"no_python": "x = (", "no_import": "raise SystemExit(3)", "no_head": "x = 1"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project with two more heads, in_batch and one that takes a ratio, and three files that give none."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "heads", root / "heads", ignore=shutil.ignore_patterns("__pycache__"))
    for name in set(heads.names()) - set(working()):
        (root / f"heads/{name}.py").unlink()
    for part in ("workflow", "tests", "pyproject.toml"):
        (root / part).symlink_to(ROOT / part)
    (root / "heads/in_batch.py").write_text((ROOT / "heads/new_head.txt").read_text())
    (root / "heads/queue_head.py").write_text(RIGHT)
    for name, code in BROKEN.items():
        (root / f"heads/{name}.py").write_text(code)
    return root


def run(project: Path, *arguments: str) -> str:
    """What pytest prints in `project`, of tests/heads."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", project, *arguments]
    environment = {"PYTHONPATH": str(project), "PATH": "", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=project, capture_output=True, text=True, env=environment).stdout


def collected(project: Path, words: str) -> list[str]:
    said = run(project, "--collect-only", "-k", words, str(project / "tests/heads"))
    return re.findall(r"^tests/heads/(.*::.*)$", said, re.MULTILINE)


@pytest.mark.parametrize("name", ["fc", "in_batch"])
def test_k_with_the_name_of_a_head_runs_its_tests_alone(project, name):
    tests = collected(project, name)
    assert len(tests) > 50
    heads_named = {re.split(r"[ \-\]]", test.split("[")[1])[0] for test in tests if test.startswith("contract/")}
    assert heads_named == {name}, f"-k {name} also runs tests of {heads_named - {name}}"


def test_a_new_head_that_takes_a_ratio_runs_with_all_classes_and_with_a_share(project):
    tests = collected(project, "queue_head and one_finite_number")
    assert [test.split("[")[1] for test in tests] == ["queue_head ratio=1.0]", "queue_head ratio=0.3]"]


def test_k_with_other_words_too_runs_some_of_its_tests(project):
    assert [test.split("::")[1] for test in collected(project, "fc and learns")] == ["test_it_learns_a_toy_problem[fc]"]


def test_k_without_the_name_of_a_head_is_left_to_pytest(project):
    assert len(collected(project, "not fc and learns")) > 5


def test_a_broken_file_fails_one_test_that_says_why(project):
    said = run(project, "-k", "gives_a_head", str(project / "tests/heads"))
    assert "3 failed" in said and f"{len(working()) + 2} passed" in said
    assert "heads/no_python.py cannot be imported: SyntaxError" in said
    assert "heads/no_import.py cannot be imported: SystemExit: 3" in said
    assert "heads/no_head.py has no class named Head: call your class Head" in said


def test_beside_broken_files_the_other_heads_are_tested(project):
    said = run(project, "-k", "in_batch", str(project / "tests/heads/contract"))
    assert re.search(r"\b\d\d passed", said) and "failed" not in said and "error" not in said, said
