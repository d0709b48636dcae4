"""Who trains in a folder: one process at a time, also where the file system's locks end at a machine's border."""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from workflow.cells import holding
from workflow.cells.holding import Claim
from workflow.cells.paths import HOLDER, LOCK
from workflow.errors import UserError


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(holding, "PATIENCE", 1.0)
    monkeypatch.setattr(holding, "BEAT", 0.05)


def elsewhere(folder: Path, sign: int = 0) -> None:
    """What a process of another machine leaves in the folder."""
    (folder / HOLDER).write_text(json.dumps({"host": "node-7", "boot": "7", "process": 1, "sign": sign}))


def test_a_second_process_waits_for_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(holding, "PATIENCE", 60.0)
    first, order = Claim(tmp_path), []
    ending = threading.Timer(0.3, lambda: (order.append("first ends"), first.close()))
    ending.start()
    with closing(Claim(tmp_path)):
        order.append("second begins")
    assert order == ["first ends", "second begins"]
    assert not (tmp_path / HOLDER).exists()


def test_one_that_goes_on_is_not_outwaited_for_ever(tmp_path):
    with closing(Claim(tmp_path)), pytest.raises(UserError, match="another process is training in"):
        Claim(tmp_path)
    Claim(tmp_path).close()


def test_a_process_of_another_machine_is_seen_by_its_signs_of_life(tmp_path):
    ended = threading.Event()

    def live() -> None:
        sign = 0
        while not ended.wait(0.02):
            elsewhere(tmp_path, sign := sign + 1)

    elsewhere(tmp_path)
    other = threading.Thread(target=live)
    other.start()
    try:
        with pytest.raises(UserError, match="another process is training in"):
            Claim(tmp_path)
    finally:
        ended.set()
        other.join()
    Claim(tmp_path).close()  # now it has died, and gives no sign any more


def test_one_of_another_machine_that_ends_lets_the_next_in(tmp_path):
    elsewhere(tmp_path)
    threading.Timer(0.1, (tmp_path / HOLDER).unlink).start()
    Claim(tmp_path).close()


def test_one_of_this_machine_that_was_killed_keeps_nobody_waiting(tmp_path, monkeypatch):
    code = "import os, sys; from pathlib import Path; from workflow.cells.holding import Claim\n"
    code += "Claim(Path(sys.argv[1])); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert (tmp_path / HOLDER).exists()
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("nothing is to be waited for"))
    Claim(tmp_path).close()


def test_who_holds_a_folder_keeps_showing_it(tmp_path):
    with closing(Claim(tmp_path)):
        first = (tmp_path / HOLDER).read_text()
        assert json.loads(first)["process"] == os.getpid()
        until = time.monotonic() + 10
        while (tmp_path / HOLDER).read_text() == first:
            assert time.monotonic() < until
            time.sleep(0.01)
    assert {path.name for path in tmp_path.iterdir()} <= {LOCK}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_file_that_says_nothing_keeps_nobody_out(tmp_path, content):
    (tmp_path / HOLDER).write_text(content)
    Claim(tmp_path).close()


def test_of_two_that_began_at_once_on_two_machines_one_stops(tmp_path, monkeypatch):
    asked = threading.Event()
    monkeypatch.setattr(os, "kill", lambda process, number: asked.set())
    monkeypatch.setattr(holding, "boot", lambda: "5")
    with closing(Claim(tmp_path)):
        (tmp_path / HOLDER).write_text(json.dumps({"host": "node-3", "boot": "3"}))
        until = time.monotonic() + 10
        while json.loads((tmp_path / HOLDER).read_text())["boot"] == "3":
            assert time.monotonic() < until
        assert not asked.is_set(), "the other one stops"
        elsewhere(tmp_path)  # node-7 with boot 7
        assert asked.wait(10)


def test_a_file_system_without_locks_is_no_reason_to_stop(tmp_path, monkeypatch):
    def refuse(*given, **named):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(holding.FileLock, "acquire", refuse)
    with closing(Claim(tmp_path)):
        assert (tmp_path / HOLDER).exists()


def test_who_trains_elsewhere_is_seen_before_anything_is_removed(tmp_path):
    assert not holding.held_elsewhere(tmp_path)
    elsewhere(tmp_path)
    assert not holding.held_elsewhere(tmp_path), "it has died"
    threading.Timer(0.05, elsewhere, (tmp_path, 1)).start()
    assert holding.held_elsewhere(tmp_path)
