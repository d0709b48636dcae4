"""However workers end, the supervisor knows: well, with something to mend, or dead without a word."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cells.conftest import MODULE
from workflow import errors
from workflow.cells import supervising
from workflow.cells.stop_requests import WARNING, passed_on
from workflow.cells.supervising import TOLD, Launcher, alone, supervise
from workflow.endings import GONE, Ending
from workflow.errors import DIED, KILLS, WORKER, UserError


def run(record: Path, number: int = 1) -> tuple[int, list[Ending]]:
    """Exit status of the supervisor and the endings it had written."""
    lost: list[Ending] = []
    return supervise(MODULE, [], number, record, lost.append), lost


@pytest.mark.parametrize("number", [1, 3])
def test_a_record_is_a_good_end(worker, number):
    assert run(worker("record.write_text(os.environ['HEADROOM_WORKER'])"), number) == (0, [])


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGKILL, "SIGKILL"), (signal.SIGSEGV, "SIGSEGV"), (signal.SIGABRT, "SIGABRT")]
)
def test_a_worker_killed_by_a_signal_is_a_failure_with_its_name(worker, number, name):
    status, lost = run(worker(f"os.kill(os.getpid(), {int(number)})"))
    assert status == 0
    assert lost == [Ending("failed", f"the process was killed by signal {int(number)} ({name})")]


def test_one_of_several_killed_ends_them_all(worker, monkeypatch):
    monkeypatch.setattr(supervising, "GRACE", 0.1)
    started = time.monotonic()
    status, lost = run(worker("os.kill(os.getpid(), 9) if rank == 1 else time.sleep(100)"), 3)
    assert status == 0 and time.monotonic() - started < 50
    assert lost == [Ending("failed", "process 1 of 3 was killed by signal 9 (SIGKILL)")]


def test_what_the_survivors_of_a_killed_worker_say_does_not_count(worker):
    code = (
        "os.kill(os.getpid(), 9) if rank == 1 else time.sleep(0.5); record.write_text('connection lost'); sys.exit(1)"
    )
    assert run(worker(code), 2)[1] == [Ending("failed", "process 1 of 2 was killed by signal 9 (SIGKILL)")]


@pytest.mark.parametrize(
    ("status", "answer", "reasons"),
    [
        (137, 0, ["one of 4 processes was killed by signal 9 (SIGKILL)"]),
        (7, 0, ["the process ended with status 7 and left no record: see the log"]),
        (TOLD, 2, []),
        (130, 0, ["one of 4 processes was killed by signal 2 (SIGINT)"]),
    ],
)
def test_the_status_of_what_starts_several_machines_counts(tmp_path, status, answer, reasons):
    lost: list[Ending] = []
    launcher = Launcher(("sh", "-c", f"exit {status}"), ())
    assert supervise(MODULE, [], 4, tmp_path / "run.json", lost.append, launcher=launcher) == answer
    assert [ending.reason for ending in lost] == reasons


def test_the_kernel_s_memory_killer_is_out_of_memory(worker, monkeypatch):
    counts = iter([3, 4])
    monkeypatch.setattr(supervising, "memory_kills", lambda: next(counts))
    [lost] = run(worker("os.kill(os.getpid(), 9)"))[1]
    assert lost == Ending("out of memory", "the process was killed by the kernel, which ran out of memory")


def test_a_silent_end_is_a_failure(worker):
    [lost] = run(worker("sys.exit(7)"))[1]
    assert lost == Ending("failed", "the process ended with status 7 and left no record: see the log")
    [lost] = run(worker("pass"))[1]
    assert lost.outcome == "failed" and "status 0" in lost.reason


def test_a_record_from_before_does_not_hide_a_death(worker):
    record = worker("os.kill(os.getpid(), 9)")
    record.write_text("of an earlier run")
    assert len(run(record)[1]) == 1


@pytest.mark.parametrize(("number", "outcome"), [(1, "ok"), (1, "diverged"), (2, "ok")])
def test_a_death_after_the_record_changes_nothing(worker, number, outcome):
    content = f"""record.write_text('{{"outcome": "{outcome}"}}')"""
    assert run(worker(f"{content}; os.kill(os.getpid(), 9)"), number) == (0, [])


def test_a_record_that_was_taken_back_is_none(worker):
    record = worker("record.unlink(); sys.exit(1)")
    record.write_text("of an earlier run")
    assert len(run(record)[1]) == 1


def test_a_request_to_stop_that_comes_too_late_loses_no_record(worker):
    code = "signal.signal(15, signal.SIG_IGN); os.kill(os.getppid(), 15); time.sleep(0.3); record.write_text('done')"
    assert run(worker(code)) == (0, [])


def test_something_to_mend_is_no_record(worker):
    assert run(worker(f"sys.exit({TOLD})")) == (2, [])


TOLD_BY = "from workflow.errors import UserError, command_line\ndef main(): raise UserError('the disk is full')\n"


def test_only_what_a_stage_said_is_to_be_mended(worker, capfd):
    assert run(worker(f"{TOLD_BY}command_line(main)")) == (2, [])
    assert capfd.readouterr().err == "headroom: the disk is full\n"
    [lost] = run(worker("os._exit(2)"))[1]
    assert lost.reason == "the process ended with status 2 and left no record: see the log"


def test_a_record_that_one_of_several_wrote_is_kept(worker):
    writes = "rank == 1 and (record.write_text('of the one that failed'), sys.exit(1))"
    code = f"{writes}; time.sleep(0.2); sys.exit({GONE})"
    assert run(worker(code), 3) == (0, [])


def test_one_that_does_not_answer_the_others_is_named_and_ended(worker, monkeypatch):
    monkeypatch.setattr(supervising, "GRACE", 0.1)
    status, lost = run(worker(f"time.sleep(100) if rank == 1 else sys.exit({GONE})"), 2)
    assert (status, lost) == (0, [Ending("failed", "process 1 of 2 did not answer the others, and had to be ended")])


def test_a_supervisor_that_was_killed_is_spoken_for(worker, monkeypatch):
    record = worker("record.write_text('never run')")
    monkeypatch.setenv(DIED, "137")
    assert run(record) == (0, [Ending("failed", "the process was killed by signal 9 (SIGKILL)")])
    monkeypatch.setattr(errors, "memory_kills", lambda: 4)
    for before, outcome in (("3", "out of memory"), ("4", "failed"), ("", "failed")):
        monkeypatch.setenv(KILLS, before)
        assert [ending.outcome for ending in run(record)[1]] == [outcome]
    monkeypatch.delenv(KILLS)
    assert run(record)[1][0].outcome == "failed", "nobody counted before"
    record.write_text("of the worker, which had ended")
    assert run(record) == (0, [])


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("137", "the process was killed by signal 9 (SIGKILL)"),
        ("139", "the process was killed by signal 11 (SIGSEGV)"),
        ("1", "the process ended with status 1 and left no record: see the log"),
    ],
)
def test_work_without_a_supervisor_is_spoken_for_and_not_done_again(tmp_path, monkeypatch, status, reason):
    monkeypatch.setenv(DIED, status)
    done, lost = [], []
    alone(lambda: done.append("again"), tmp_path / "record", lost.append)
    assert (done, lost) == ([], [Ending("failed", reason)])
    (tmp_path / "record").write_text("written before it died")
    alone(lambda: done.append("again"), tmp_path / "record", lost.append)
    assert len(lost) == 1


def test_too_little_memory_for_work_is_its_ending_and_any_other_error_none(tmp_path):
    def fail(error: Exception) -> list[Ending]:
        def work() -> None:
            raise error

        lost: list[Ending] = []
        alone(work, tmp_path / "record", lost.append)
        return lost

    assert fail(MemoryError()) == [Ending("out of memory", "the host ran out of memory")]
    words = "DefaultCPUAllocator: can't allocate memory"
    assert fail(RuntimeError(f"{words}\nat line 7")) == [Ending("out of memory", words)]
    for other in (UserError("x.npy is no array: say std::bad_alloc"), KeyError("x")):
        with pytest.raises(type(other)):
            fail(other)


def test_what_only_another_worker_says_is_passed_on(worker, capfd):
    assert run(worker("rank == 1 and sys.exit('only rank 1 met this') or time.sleep(0.2)"), 2)[0] == 0
    assert "only rank 1 met this" in capfd.readouterr().err


def test_what_all_workers_say_is_said_once(worker, capfd):
    assert run(worker(f"print('the disk is full', file=sys.stderr); sys.exit({TOLD})"), 3) == (2, [])
    assert capfd.readouterr().err.count("the disk is full") == 1


SUPERVISOR = "from workflow.cells.supervising import supervise; from pathlib import Path; import sys; "
SUPERVISOR += f"sys.exit(supervise('{MODULE}', [], 1, Path('no record'), print))"


def supervisor(tmp_path: Path) -> subprocess.Popen:
    """A supervisor in a process of its own, once its worker has said that it is ready."""
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR], stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (tmp_path / "ready").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    return process


READY = "Path(record.parent, 'ready').write_text(str(os.getpid()))\n"


STOPS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, WARNING]


@pytest.fixture
def nothing_ignored():
    """Processes hear what stops them, though the tests may have been started in the background, or by nohup."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in STOPS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOPS)
def test_a_request_to_stop_reaches_the_worker(nothing_ignored, worker, tmp_path, number):
    heard = int(signal.SIGTERM if number in (signal.SIGHUP, WARNING) else number)
    code = f"signal.signal({heard}, lambda *_: (record.write_text('saved'), os._exit(2)))\n{READY}time.sleep(100)"
    record = worker(code)
    process = supervisor(tmp_path)
    process.send_signal(number)
    assert process.wait(30) == 2 and record.read_text() == "saved" and process.stdout.read() == ""


def test_a_queue_that_is_asked_to_stop_all_processes_is_asked_once(nothing_ignored, tmp_path):
    with passed_on([], ["mkdir", str(tmp_path / "asked")]) as received:
        os.kill(os.getpid(), WARNING)  # the queue's own
        assert not (tmp_path / "asked").exists()
        os.kill(os.getpid(), signal.SIGTERM)
        assert (tmp_path / "asked").is_dir()
    assert received == [WARNING, signal.SIGTERM]


def test_a_closed_terminal_stops_nothing_under_nohup(worker, tmp_path, monkeypatch):
    worker(f"{READY}time.sleep(0.3); record.write_text('done')")
    usual = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = supervisor(tmp_path)
    finally:
        signal.signal(signal.SIGHUP, usual)
    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 0 and (tmp_path / "run.json").read_text() == "done"


def test_a_worker_that_does_not_hear_is_stopped_without_a_record(worker, tmp_path):
    worker(f"{READY}time.sleep(100)")
    process = supervisor(tmp_path)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 2 and process.stdout.read() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_no_worker_outlives_its_supervisor(worker, tmp_path):
    worker(f"{READY}time.sleep(100)")
    process = supervisor(tmp_path)
    process.kill()
    process.wait()
    child, deadline = int((tmp_path / "ready").read_text()), time.monotonic() + 30
    while Path(f"/proc/{child}").exists() and "zombie" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_supervisor_needs_no_torch():
    code = "import sys, workflow.training.__main__; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
    assert os.environ.get(WORKER) is None
