"""Several processes at one folder of data: two builds take turns, and a build of several ends when one is killed."""

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from PIL import Image

from tests.data.strange import plain
from workflow.cells.data_section import Data
from workflow.data import build as module
from workflow.data import gathered
from workflow.data.build import build
from workflow.data.store import check_dataset
from workflow.data.turns import LOCK, in_turn
from workflow.errors import UserError

ROOT = Path(__file__).parents[2]
LOCALES = [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"}]


def data(photos: Path) -> Data:
    return Data.parse({"name": "t", "source": "folder", "path": str(photos), "size": 8})


def started(photos: Path, out: Path, **environment: str) -> subprocess.Popen[str]:
    """A build by the stage's command."""
    settings = json.dumps(data(photos).model_dump(mode="json"), ensure_ascii=False)
    command = [sys.executable, "-m", "workflow.data", "build", "--settings", settings, "--out", str(out)]
    pipes = {"stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, **pipes)


def test_a_second_build_waits_for_the_first(tmp_path):
    photos, out = plain(tmp_path / "photos"), tmp_path / "set"
    with in_turn(out) as waited:
        assert not waited
        second = started(photos, out)
        assert f"another process is at work in {out}: waiting for it" in second.stderr.readline()
        (out / ".images.npy.1.part").write_bytes(b"of the first, which goes on writing it")
        assert second.poll() is None
        os.replace(out / ".images.npy.1.part", out / "images.npy")
    assert second.wait() == 0, second.stderr.read()
    assert check_dataset(out) and sorted(path.name for path in out.glob(".*")) == []


def test_who_waited_takes_what_was_built_meanwhile_unless_the_folder_changed(tmp_path, monkeypatch, capsys):
    photos, out = plain(tmp_path / "photos"), tmp_path / "set"
    first = build(data(photos), out, tmp_path, 1)
    monkeypatch.setattr(module, "in_turn", lambda _: nullcontext(True))
    assert build(data(photos), out, tmp_path, 1).manifest == first.manifest
    assert f"{out} is already whole" in capsys.readouterr().err
    Image.new("L", (8, 8)).save(photos / "class 0" / "2.png")
    assert len(build(data(photos), out, tmp_path, 1).images) == len(first.images) + 1


def test_a_lock_left_behind_holds_nobody_up(tmp_path):
    (tmp_path / LOCK).write_bytes(b"")
    with in_turn(tmp_path) as waited:
        assert not waited
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(UserError, match=r"cannot make the folder .*file/set \(Not a directory\)"),
        in_turn(tmp_path / "file/set"),
    ):
        pass


def test_a_build_ends_when_one_of_its_processes_is_killed(tmp_path, monkeypatch):
    photos = plain(tmp_path / "photos")
    monkeypatch.setattr(gathered, "CHUNK", 2)

    def kill_one() -> None:
        while not (workers := multiprocessing.active_children()):
            time.sleep(0.01)
        workers[0].kill()

    killer = threading.Thread(target=kill_one)
    killer.start()
    with pytest.raises(UserError, match=r"^a process was killed by signal 9 .*; it was reading .*/class \d/0\.png$"):
        build(data(photos), tmp_path / "set", tmp_path, 2)
    killer.join()
    assert not list((tmp_path / "set").iterdir()) and not multiprocessing.active_children()


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale["LC_ALL"])
def test_names_are_the_same_in_any_locale(locale, tmp_path):
    photos = plain(tmp_path / "Bücher")
    (photos / "class 0").rename(photos / "Müller 漢")
    (photos / "class 1").rename(photos / "caf\udce9")
    (photos / "class 2/0.png").rename(photos / "class 2/ö.png")
    (photos / "class 2/1.png").write_bytes((photos / "caf\udce9/1.png").read_bytes())
    done = started(photos, tmp_path / "set", **locale)
    said = done.communicate()[1]
    assert done.returncode == 0, said
    assert f"reading {photos}: " in said and r"the first in caf\xe9/1.png and class 2/1.png" in said
    dataset = module.open_dataset(tmp_path / "set")
    assert dataset.names == ["Müller 漢", r"caf\xe9", *(f"class {number}" for number in range(2, 6))]
    assert dataset.manifest["hash"] == build(data(photos), tmp_path / "here", tmp_path, 1).manifest["hash"]
