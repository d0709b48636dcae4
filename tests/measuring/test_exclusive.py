"""One measurement at a time."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workflow.errors import UserError
from workflow.measuring.exclusive import LOCK, OtherLoad, alone, own_seconds


def test_the_second_measurement_waits_for_the_first_and_says_so(tmp_path, capsys):
    order, started = [], threading.Event()

    def second():
        started.set()
        with alone(tmp_path) as waited:
            order.append("second")
            assert waited > 0

    with alone(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        started.wait()
        thread.join(0.2)
        assert thread.is_alive()
        order.append("first ends")
    thread.join(5)
    assert order == ["first ends", "second"]
    said = capsys.readouterr().err
    assert "another measurement runs on this machine" in said and "waited" in said


def test_a_free_machine_is_not_waited_for(tmp_path, capsys):
    for _ in range(2):
        with alone(tmp_path):
            assert (tmp_path / LOCK).exists()
    assert not capsys.readouterr().err


def test_the_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(RuntimeError), alone(tmp_path):
        raise RuntimeError
    with alone(tmp_path):
        pass


def test_a_lock_file_that_may_only_be_read_is_enough(tmp_path):
    (tmp_path / LOCK).touch(mode=0o444)
    with alone(tmp_path):
        pass


@pytest.mark.parametrize(
    ("lay", "message"),
    [
        (os.mkfifo, "is no regular file"),
        (Path.mkdir, "is no regular file"),
        (lambda path: path.symlink_to(path.with_name("target")), "it is a link"),
        (lambda path: (path.with_name("target").touch(), path.symlink_to(path.with_name("target"))), "it is a link"),
    ],
    ids=["pipe", "folder", "link to nothing", "link"],
)
def test_what_somebody_left_in_its_place_is_neither_followed_nor_waited_for(tmp_path, lay, message):
    lay(tmp_path / LOCK)
    there = set(tmp_path.iterdir())
    with pytest.raises(UserError, match=rf"{LOCK} .*{message}.*: remove it, or set TMPDIR"), alone(tmp_path):
        pass
    assert set(tmp_path.iterdir()) == there


def test_others_may_use_a_lock_that_a_careful_person_made(tmp_path):
    umask = os.umask(0o077)
    try:
        with alone(tmp_path):
            assert (tmp_path / LOCK).stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(umask)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere"), alone(tmp_path / "nowhere"):
        pass


@pytest.mark.parametrize(
    ("end", "cores"),
    [((110.0, 65.0, 12.0), 0.5), ((110.0, 60.0, 12.5), 0.0), (None, None)],
    ids=["15 s busy, 10 of them own", "clocks that disagree a little", "unreadable"],
)
def test_the_own_load_is_not_the_others(end, cores, monkeypatch):
    readings = iter([(100.0, 50.0, 2.0), end])  # seconds: wall, whole machine busy, this process busy
    monkeypatch.setattr(OtherLoad, "_read", staticmethod(lambda: next(readings)))
    assert OtherLoad().cores() == cores


BUSY = """
import subprocess, sys, time
if len(sys.argv) > 1:
    child = subprocess.Popen([sys.executable, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
while time.process_time() < 0.3:
    pass
print("done", flush=True)
sys.stdin.read()
"""


def test_the_load_of_processes_that_this_one_started_is_its_own(tmp_path):
    (tmp_path / "busy.py").write_text(BUSY)
    command = [sys.executable, str(tmp_path / "busy.py"), str(tmp_path / "busy.py")]
    before = own_seconds()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        running = own_seconds()
        assert running - before > 0.55, "its own 0.3 s and those of the process that it started, but for clock ticks"
        child.stdin.close()
    assert own_seconds() - before > 0.25, "what has ended stays counted"


def test_this_machine_tells_its_load():
    others = OtherLoad()
    time.sleep(0.02)
    cores = others.cores()
    assert cores is not None and cores >= 0
