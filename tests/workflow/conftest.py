"""A project folder of its own, where snakemake can plan and run without touching this checkout's results."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config", "heads", "workflow", "profiles")


class Project:
    """A copy of the workflow in `folder`, driven by the snakemake command."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir()
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / part)

    def snakemake(self, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess:
        """Run snakemake here; `path` goes before PATH, so that its `python` runs the stages."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        environment = os.environ | ({"PATH": f"{path}:{os.environ['PATH']}"} if path else {})
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600, check=False
        )

    def planned(self, *arguments: str) -> Counter:
        """Jobs by rule that a run would start."""
        result = self.snakemake("--dry-run", *arguments)
        assert result.returncode == 0, result.stderr + result.stdout
        table = re.search(r"^job +count\n[- ]+\n((?:\w+ +\d+\n)+)", result.stdout, re.MULTILINE)
        if table is None:
            assert "Nothing to be done" in result.stdout + result.stderr
            return Counter()
        jobs = dict(line.split() for line in table[1].splitlines())
        return Counter({name: int(count) for name, count in jobs.items() if name != "total"})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `python` stands in for the stages and only makes their files."""
    folder = tmp_path_factory.mktemp("stages")
    python = folder / "python"
    python.write_text(f"#!{sys.executable}\n" + (Path(__file__).parent / "stand_in.py").read_text().split("\n", 1)[1])
    python.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def run_once(stages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose quick profile has been run by snakemake, with stages that only make their files."""
    project = Project(tmp_path_factory.mktemp("dag") / "project")
    result = project.snakemake("--configfile", "config/quick.yaml", path=stages)
    assert result.returncode == 0, result.stdout + result.stderr
    return project.folder


@pytest.fixture
def finished(run_once: Path, tmp_path: Path) -> Project:
    """A copy of the finished project, free to be changed."""
    project = Project.__new__(Project)
    project.folder = tmp_path / "project"
    shutil.copytree(run_once, project.folder)
    return project
