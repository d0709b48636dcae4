"""No job outlives its workflow: what stops snakemake stops its cells; and a cell killed whole leaves a record."""

import os
import re
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

command_line(main, leaves_record=True)
"""
"""a cell that trains for ever, saves when it is asked to stop, and says how it was lost"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("cell.py").write_text(CELL)
    return tmp_path


def started(words: str) -> subprocess.Popen:
    """A process that runs one job, as snakemake does, and waits; its status is the job's."""
    command = f"HEADROOM={str(ROOT)!r}; source {LOGGED}; PYTHONPATH=$PWD:$PYTHONPATH; logged cell.log {words}"
    code = f"import subprocess, sys; sys.exit(subprocess.run(['bash', '-euc', {command!r}]).returncode)"
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


def test_a_job_that_is_not_ours_is_not_started_twice(folder):
    assert started("bash -c 'echo >> times; kill -9 $$'").wait(60) == 137
    assert Path("times").read_text() == "\n"


STAGE = """
import os, signal, sys
from pathlib import Path
from workflow.cells.supervising import alone
from workflow.errors import command_line

leaves_record, end = sys.argv[1] == "record", sys.argv[2]

def work():
    with Path("times").open("a") as times:
        times.write("once\\n")
    if not end.startswith("-"):
        sys.exit(int(end))
    if end != "-9":
        signal.signal(int(end[1:]), signal.SIG_DFL)
    os.kill(os.getpid(), int(end[1:]))

def main():
    alone(work, Path("record"), lambda ending: Path("record").write_text(f"{ending.outcome}: {ending.reason}"))

command_line(main if leaves_record else work, leaves_record)
"""
"""a stage that ends with the status, or by the signal, that it is told"""


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        ("-9", 0, "failed: the process was killed by signal 9 (SIGKILL)"),
        ("-11", 0, "failed: the process was killed by signal 11 (SIGSEGV)"),
        ("1", 0, "failed: the process ended with status 1 and left no record: see the log"),
        ("2", 2, None),
        ("130", 130, None),
        ("-15", 143, None),
        ("-1", 129, None),
    ],
)
def test_a_stage_that_died_leaves_its_record_unless_a_person_knows_why(folder, end, status, reason):
    Path("stage.py").write_text(STAGE)
    assert started(f"{sys.executable} -m stage record {end}").wait(60) == status
    assert Path("times").read_text() == "once\n"
    assert (Path("record").read_text() if Path("record").exists() else None) == reason


def test_a_stage_without_a_record_says_how_it_died(folder):
    Path("stage.py").write_text(STAGE)
    assert started(f"{sys.executable} -m stage none -11").wait(60) == 139
    assert Path("times").read_text() == "once\n"
    *_, last = Path("cell.said").read_text().splitlines()
    assert last == (
        "headroom: the process was killed by signal 11 (SIGSEGV): run again, with less beside it (--cores) if memory "
        "was short"
    )


RULES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("workflow/rules/*.smk")))


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m ([\w.]+)", RULES))))
def test_every_command_of_the_rules_can_speak_for_one_that_died(module):
    place = ROOT / module.replace(".", "/")
    source = (place / "__main__.py" if place.is_dir() else place.with_suffix(".py")).read_text(encoding="utf-8")
    assert re.search(r"^    command_line\(", source, re.MULTILINE)


SNAKEMAKE = """
import signal, subprocess, sys, time
from pathlib import Path
from workflow.lifeline import pass_on_stops
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: Path("told").touch())
pass_on_stops()
job = subprocess.Popen(["bash", "-euc", {command!r}])
while job.poll() is None:
    time.sleep(0.05)
sys.exit(job.returncode)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_workflow_that_is_asked_to_stop_asks_its_cells(folder, number):
    command = f"HEADROOM={str(ROOT)!r}; source {LOGGED}; PYTHONPATH=$PWD:$PYTHONPATH; logged cell.log {JOB}; true"
    code = textwrap.dedent(SNAKEMAKE.format(command=command))
    apart = {"env": os.environ | {"PYTHONPATH": str(ROOT)}, "start_new_session": True}  # without a terminal
    workflow = subprocess.Popen([sys.executable, "-c", code], **apart)
    worker()
    workflow.send_signal(number)
    assert workflow.wait(60) == 2
    assert Path("saved").exists() and Path("told").exists() and not Path("record").exists()
