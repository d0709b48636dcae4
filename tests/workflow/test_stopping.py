"""No job outlives its workflow: what stops snakemake stops its cells; and a cell killed whole leaves a record."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
LOGGED = ROOT / "workflow/rules/logged.sh"
CELL = """
import os, signal, sys, time
from pathlib import Path
from workflow.cells.supervising import is_worker, supervise
from workflow.errors import command_line

def main():
    if is_worker():
        signal.signal(signal.SIGTERM, lambda *_: (Path("saved").touch(), os._exit(82)))
        Path("ready").write_text(str(os.getpid()))
        time.sleep(100)
    else:
        lost = lambda ending: Path("record").write_text(f"{ending.outcome}: {ending.reason}")
        sys.exit(supervise("cell", sys.argv[1:], 1, Path("record"), lost))

command_line(main)
"""
"""a cell that trains for ever, saves when it is asked to stop, and says how it was lost"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("cell.py").write_text(CELL)
    return tmp_path


def started(words: str) -> subprocess.Popen:
    """A process that runs one job, as snakemake does, and waits."""
    command = f"HEADROOM={str(ROOT)!r}; source {LOGGED}; PYTHONPATH=$PWD:$PYTHONPATH; logged cell.log {words}"
    code = f"import subprocess; subprocess.run(['bash', '-euc', {command!r}])"
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def worker() -> int:
    """The process id of the cell's worker, once it trains."""
    until(lambda: Path("ready").exists() and Path("ready").read_text())
    return int(Path("ready").read_text())


JOB = f"{sys.executable} -m cell --spec x"


def test_a_cell_saves_and_stops_when_its_workflow_is_killed(folder):
    workflow = started(JOB)
    trains = worker()
    workflow.kill()
    until(lambda: not psutil.pid_exists(trains))
    until(lambda: "the workflow that started this is gone" in Path("cell.log").read_text())
    assert Path("saved").exists() and not Path("record").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_cell_that_is_killed_with_its_supervisor_leaves_a_record(folder, number):
    workflow = started(JOB)
    trains = worker()
    for process in (psutil.Process(trains).ppid(), trains):
        os.kill(process, number)
    assert workflow.wait(60) == 0
    assert Path("record").read_text() == f"failed: the process was killed by signal {int(number)} ({number.name})"


def test_a_job_that_is_no_cell_is_not_started_twice(folder):
    workflow = started("bash -c 'echo >> times; kill -9 $$'")
    workflow.wait(60)
    assert Path("times").read_text() == "\n"


SNAKEMAKE = """
import signal, subprocess, sys, time
from pathlib import Path
from workflow.lifeline import pass_on_sigterm
signal.signal(signal.SIGTERM, lambda *_: Path("told").touch())
pass_on_sigterm()
job = subprocess.Popen(["bash", "-euc", {command!r}])
while job.poll() is None:
    time.sleep(0.05)
sys.exit(job.returncode)
"""


def test_a_workflow_that_is_asked_to_stop_asks_its_cells(folder):
    command = f"HEADROOM={str(ROOT)!r}; source {LOGGED}; PYTHONPATH=$PWD:$PYTHONPATH; logged cell.log {JOB}; true"
    code = textwrap.dedent(SNAKEMAKE.format(command=command))
    workflow = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT)})
    worker()
    workflow.terminate()
    assert workflow.wait(60) == 2
    assert Path("saved").exists() and Path("told").exists() and not Path("record").exists()
