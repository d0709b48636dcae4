"""A pretended cluster, and a project that hands its jobs to it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.slurm.cluster import ACCOUNT, PARTITION, Cluster, missing, running
from tests.workflow.conftest import Project, stages

__all__ = ["stages"]
CONFIG = {
    "profile": "tiny",
    "data": {"name": "dejavu", "tier": "dejavu", "characters": 600},
    "heads": [{"head": "fc"}],
    "seeds": [0],
    "train": {"steps": 20, "batch": 32, "log_every": 10, "curve_points": 2, "checkpoint_every": 1},
    "measure": {"classes": [1000], "references": [], "seconds": 1},
    "evaluate": {"distractors": [100]},
}
ASKING = """#!/bin/sh
printf '%s\\n' "$*" >> "$ASKED"
exec /usr/bin/sbatch "$@"
"""
AT_ONCE = ["--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two nodes, both this machine."""
    if reason := missing():
        pytest.skip(reason)
    with running(tmp_path_factory.mktemp("slurm")) as found:
        yield found


class Submitted(Project):
    """A project whose jobs are the cluster's; `asked` gets a line for each that is submitted."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.asked, self.bin = folder / "asked", folder / "bin"
        self.bin.mkdir()
        (self.bin / "sbatch").write_text(ASKING)
        (self.bin / "sbatch").chmod(0o755)

    def start(self, config: dict[str, object], *arguments: str, stages: Path | None = None) -> subprocess.Popen[str]:
        """Start snakemake with the profile for Slurm; `stages` goes before PATH."""
        (self.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
        resources = ["--default-resources", f"slurm_account={ACCOUNT}", f"slurm_partition={PARTITION}"]
        command = ["-m", "snakemake", "--profile", "profiles/slurm", "--configfile", "tiny.yaml", *resources, *AT_ONCE]
        path = ":".join(str(one) for one in (self.bin, stages, os.environ["PATH"]) if one)
        return subprocess.Popen(
            [sys.executable, *command, "--set-threads", "dataset=2", *arguments],
            cwd=self.folder,
            env=os.environ | {"PATH": path, "ASKED": str(self.asked)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def submitted(cluster: Cluster, tmp_path: Path) -> Submitted:
    return Submitted(tmp_path / "project")
