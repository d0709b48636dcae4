"""Torchrun as Slurm starts it on every node: how what it ran has ended, and the command for all nodes."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from workflow.cells.watching import WATCHED
from workflow.errors import UserError
from workflow.training.across import launcher

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (f"import os, sys; sys.exit(82 if {WATCHED!r} not in os.environ else 1)", 82),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("pass", 0),
    ],
)
def test_the_status_is_that_of_the_process_that_failed(tmp_path, code, status):
    (tmp_path / "ending.py").write_text(code)
    command = ["-m", "workflow.training.across", "--standalone", "--nproc-per-node", "1", "-m", "ending"]
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}", WATCHED: "7"}
    ended = subprocess.run([sys.executable, *command], env=environment, cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == status, ended.stderr.decode()


def test_nodes_share_the_processes_of_a_job(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setattr("shutil.which", lambda name: name)
    command, stop = launcher(nodes=2, processes=6, cores=12)
    assert command[:5] == ["srun", "--nodes=2", "--ntasks=2", "--ntasks-per-node=1", "--cpus-per-task=6"]
    assert stop == ["scancel", "--signal=SIGURG", "17"]
    told = dict(pairwise(command))
    assert (told["--nnodes"], told["--nproc-per-node"], told["--rdzv-id"]) == ("2", "3", "17")


def test_several_nodes_are_refused_outside_of_slurm(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(UserError, match=r"'train\.nodes' is 2, and this is no job of Slurm's"):
        launcher(2, 4, 2)
