"""A step that does not end is seen; what takes long without being a step, slow steps, and stopped processes are not."""

import itertools
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.cells.conftest import MODULE
from tests.disks import full, mounted
from workflow.cells import supervising, watching
from workflow.cells.supervising import outlast, supervise
from workflow.cells.watching import Watch, within_making, within_step
from workflow.endings import Ending

STEP = "from workflow.cells.watching import within_step\n"
ALL = """
Path(record.parent, f"{rank} is here").touch()
while len(list(record.parent.glob("* is here"))) < 3:
    time.sleep(0.01)
"""
IN_COLLECTIVE = "exec(compile('time.sleep(1000)', '/x/torch/distributed/c10d.py', 'exec'))"


MAKING = STEP.replace("within_step", "within_making")


@pytest.fixture
def watch(monkeypatch) -> Watch:
    """A watch on steps of this process, none of which may take ten seconds."""
    watch = Watch(10)
    monkeypatch.setattr(watching, "_shared", lambda: watch.shared)
    yield watch
    watch.close()


def test_only_a_step_can_hang(watch):
    assert not any(watch.sees_it_hang(1) for _ in range(1000))
    with within_step():
        assert [watch.sees_it_hang(4) for _ in range(4)] == [False, False, False, True]
    assert not watch.sees_it_hang(4)


def test_making_a_head_can_hang_and_says_nothing_of_steps(watch):
    with within_making():
        assert [watch.sees_it_hang(9), watch.sees_it_hang(9)] == [False, True] and watch.making
    with within_step():
        assert not watch.sees_it_hang(9) and not watch.sees_it_hang(9)
    assert not watch.sees_it_hang(1) and watch.longest == 9


def test_a_step_that_fails_has_ended(watch):
    with pytest.raises(KeyError), within_step():
        raise KeyError
    assert not any(watch.sees_it_hang(9) for _ in range(9))


def test_every_step_is_watched_anew_and_slow_ones_give_the_others_time(watch):
    for _ in range(300):
        with within_step():
            assert not any(watch.sees_it_hang(4) for _ in range(3))
    assert watch.limit == watching.LONGER * 8
    with within_step():
        looks = [watch.sees_it_hang(10) for _ in range(18)]
    assert looks == [False] * 17 + [True]


@pytest.mark.parametrize("stopped", [0, 1])
@pytest.mark.parametrize(("ends", "statuses"), [(1005, [0, 0]), (1020, [None, None])], ids=["ends", "hangs"])
def test_the_time_in_which_one_of_several_is_stopped_counts_for_none(monkeypatch, stopped, ends, statuses):
    """Stopped until second 1000, of steps that may take ten: no step hangs until it goes on, whoever waits for it."""
    clock, looked = iter(np.arange(0, 2000, 0.5)), [0.0]

    def monotonic() -> float:
        looked[0] = next(clock)
        return looked[0]

    def poll() -> int | None:
        return 0 if looked[0] > ends else None

    monkeypatch.setattr(supervising, "time", SimpleNamespace(monotonic=monotonic, sleep=lambda _: None))
    monkeypatch.setattr(supervising, "is_stopped", lambda process: process == stopped and looked[0] < 1000)
    monkeypatch.setattr(supervising, "ask", lambda processes: None)
    workers = [SimpleNamespace(pid=pid, poll=poll, kill=lambda: None) for pid in (0, 1)]
    with closing(Watch(10)) as one, closing(Watch(10)) as other:
        one.shared[0] = other.shared[0] = 1
        assert outlast(workers, [one, other]) == statuses
        assert looked[0] > 1000


def test_who_is_stopped_is_asked_only_within_a_long_step(monkeypatch):
    polls, asked = iter([None] * 10 + [0]), []
    clock = SimpleNamespace(monotonic=itertools.count(0, 0.5).__next__, sleep=lambda _: None)
    monkeypatch.setattr(supervising, "time", clock)
    monkeypatch.setattr(supervising, "is_stopped", asked.append)
    with closing(Watch(600)) as watch:
        assert outlast([SimpleNamespace(pid=1, poll=lambda: next(polls))], [watch]) == [0] and not asked
        watch.shared[0], polls = 1, iter([None] * 10 + [0])
        assert outlast([SimpleNamespace(pid=1, poll=lambda: next(polls))], [watch]) == [0] and asked


def test_a_stopped_process_is_known():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]) as process:
        assert not watching.is_stopped(process.pid)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        assert watching.is_stopped(process.pid)
        process.kill()
    assert not watching.is_stopped(process.pid), "it is gone"


def test_nobody_watches_a_process_that_was_started_alone():
    assert watching.WATCHED not in os.environ
    with within_step():
        pass


def run(record: Path, number: int, patience: float) -> tuple[int, list[Ending]]:
    lost: list[Ending] = []
    return supervise(MODULE, [], number, record, lost.append, patience), lost


def test_a_worker_that_hangs_is_ended_and_the_log_says_where_it_was(worker, capfd):
    status, lost = run(worker(f"{STEP}def loop():\n    while True: pass\nwith within_step(): loop()"), 1, 0.5)
    assert (status, lost) == (
        0,
        [Ending("failed", "the process did not end a step within 0.5 s (train.hung_after): the log says where")],
    )
    said = capfd.readouterr().err
    assert said.startswith("the process had not ended its step. ") and "tests_worker.py" in said and "in loop" in said


@pytest.mark.parametrize(
    ("code", "who"),
    [
        (f"time.sleep(1000) if rank == 1 else {IN_COLLECTIVE}", "process 1 of 3"),
        (f"time.sleep(1000) if rank != 1 else {IN_COLLECTIVE}", "process 0 of 3 and process 2 of 3"),
        (IN_COLLECTIVE, "process 0 of 3 and process 1 of 3 and process 2 of 3"),
    ],
)
def test_of_several_those_that_wait_for_no_other_are_named(worker, code, who, capfd):
    [lost] = run(worker(f"{STEP}{ALL}with within_step(): {code}"), 3, 1)[1]
    assert lost.reason == f"{who} did not end a step within 1 s (train.hung_after): the log says where"
    assert capfd.readouterr().err.count("had not ended its step") == 3


def test_a_worker_that_hangs_making_its_head_is_ended(worker):
    [lost] = run(worker(f"{MAKING}with within_making():\n    while True: pass"), 1, 0.5)[1]
    assert lost.reason == (
        "the process did not finish making its head within 0.5 s (train.hung_after): the log says where"
    )


def test_what_is_no_step_may_take_long(worker):
    code = f"{STEP}time.sleep(1)\nwith within_step(): pass\ntime.sleep(1)\nrecord.write_text('done')"
    assert run(worker(code), 2, 0.5) == (0, [])


def test_a_worker_that_somebody_stops_goes_on(worker, monkeypatch):
    stopped = f"{STEP}with within_step(): os.kill(os.getpid(), signal.SIGSTOP)\nrecord.write_text('done')"
    record = worker(stopped)
    seen = []

    def sees(process: int) -> bool:
        """It is stopped; thrice as long as a step may take later, it goes on."""
        seen.append(process)
        if len(seen) >= 20:
            os.kill(process, signal.SIGCONT)
        return True

    monkeypatch.setattr(supervising, "is_stopped", sees)
    assert run(record, 1, 0.3) == (0, []) and record.read_text() == "done"


def test_the_time_in_which_the_supervisor_was_stopped_is_not_counted(monkeypatch):
    clock, passed, polls = itertools.count(0, 1000), [], iter([None, None, None, 0])
    monkeypatch.setattr(supervising, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda _: None))
    process = SimpleNamespace(pid=1, poll=lambda: next(polls))
    watch = SimpleNamespace(is_long=False, sees_it_hang=passed.append)
    assert outlast([process], [watch]) == [0] and passed == [supervising.BLINK] * 3


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="only Linux has files in memory")
def test_a_full_disk_ends_no_worker(worker, tmp_path, monkeypatch):
    record = worker(f"{STEP}with within_step(): pass\nrecord.write_text('done')")
    (tmp_path / "small").mkdir()
    with mounted(tmp_path / "small") as done, full(tmp_path / "small", room=0):
        if not done:
            pytest.skip("needs root")
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "small"))
        assert run(record, 1, 100) == (0, []) and record.read_text() == "done"
