"""Whatever writes a file: where the file system refuses, one sentence names it, and what was there before stays."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib import pyplot as plt

from tests.conftest import DATA
from tests.data.test_store import Supply
from tests.disks import REFUSALS, Refusal, full, mounted
from workflow.cells.data_section import Data
from workflow.data.split import make_split
from workflow.data.store import open_dataset, write_dataset
from workflow.errors import UserError, command_line
from workflow.evaluating.files import save_array, save_arrays
from workflow.files import atomic, write_json, write_text, writing
from workflow.reporting import pdf
from workflow.reporting.figures.drawing import save, save_svg
from workflow.summary import copies
from workflow.summary.writing import write_csv
from workflow.training import sealed
from workflow.training.step_log import StepLog

ROOT = Path(__file__).parent.parent
MANY = np.random.default_rng(0).standard_normal(20_000)
TEXT = MANY.tobytes().hex()
TABLE = pd.DataFrame({"a": MANY})


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of 4 MB, where one can be had."""
    folder = tmp_path_factory.mktemp("disk")
    with mounted(folder):
        yield folder


@pytest.fixture
def small(disk: Path) -> Iterator[Path]:
    """The same, empty."""
    yield disk
    for path in disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder, those of killed writers too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def opened(path: Path, write: Callable[[io.BufferedWriter], object]) -> None:
    """Write through a path that is opened, as libraries do that take no file."""
    with atomic(path) as temporary, temporary.open("wb") as file:
        write(file)


def streamed(path: Path, write: Callable[[object], object]) -> None:
    with writing(path) as file:
        write(file)


def drawn(path: Path) -> None:
    figure, axes = plt.subplots()
    axes.plot(MANY[:3000])
    save(figure, path.parent, path.stem, TABLE[:1])
    plt.close(figure)


def drawn_svg(path: Path) -> None:
    figure, axes = plt.subplots()
    axes.plot(MANY[:3000])
    save_svg(figure, path, "title", "description")
    plt.close(figure)


WRITERS: dict[str, Callable[[Path], object]] = {
    "x.json": lambda path: write_json(path, [TEXT]),
    "x.html": lambda path: write_text(path, TEXT),
    "checkpoint.pt": lambda path: sealed.save(path, {"weights": torch.from_numpy(MANY)}),
    "embeddings.npy": lambda path: save_array(path, MANY),
    "resamples.npz": lambda path: save_arrays(path, {"score": MANY}),
    "table.csv": lambda path: write_csv(path, TABLE),
    "figure.pdf": drawn,
    "figure.svg": drawn_svg,
    "numpy.npz": lambda path: opened(path, lambda file: np.savez(file, a=MANY)),
    "compressed.npz": lambda path: streamed(path, lambda file: np.savez_compressed(file, a=MANY)),
    "pickle.pt": lambda path: streamed(path, lambda file: torch.save({TEXT: TEXT}, file)),
}


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_cannot_be_written_is_named_and_the_one_before_stays(small, name, refusal: Refusal):
    path = small / name
    WRITERS[name](path)
    before = contents(small)
    with refusal(small) as words, pytest.raises(UserError) as caught:
        WRITERS[name](path)
    assert str(caught.value).startswith(words.format(path)) and str(caught.value).endswith("and run again")
    assert contents(small) == before


@pytest.mark.parametrize("refusal", REFUSALS[:-1], ids=lambda refusal: refusal.__name__)
def test_so_is_a_folder_that_cannot_be_made(small, refusal: Refusal):
    path = small / "new" / "x.json"
    with refusal(small) as words, pytest.raises(UserError) as caught:
        write_json(path, [TEXT])
    assert str(caught.value).startswith(words.format(path))


def test_a_step_log_that_cannot_grow_is_named(small):
    steps = StepLog(small)
    steps.start()
    with full(small) as words, pytest.raises(UserError) as caught:
        for step in range(3000):
            steps.write({"step": step})
    assert str(caught.value).startswith(words.format(steps.partial))
    steps.start(steps.lines[:3])
    assert steps.partial.read_text(encoding="utf-8").count("\n") == 3


def test_a_dataset_that_does_not_fit_is_no_dataset(small):
    with full(small) as words, pytest.raises(UserError) as caught:
        write_dataset(small / "d", Supply((112, 112, 3)), {"name": "d"})
    assert str(caught.value).startswith(words.format(small / "d" / "images.npy"))
    assert not contents(small / "d")


def test_a_split_that_does_not_fit_is_no_split(small, glyphs):
    with full(small) as words, pytest.raises(UserError) as caught:
        make_split(open_dataset(glyphs), Data.parse(DATA), small / "split.npz")
    assert str(caught.value).startswith(words.format(small / "split.npz"))
    assert not contents(small)


def test_copies_that_do_not_fit_are_named(small, tmp_path):
    (tmp_path / "steps.jsonl").write_text(TEXT, encoding="utf-8")
    for copy, target in ((copies.copy, small / "steps.jsonl"), (pdf.copy, small)):
        with full(small) as words, pytest.raises(UserError) as caught:
            copy(tmp_path / "steps.jsonl", target)
        assert str(caught.value).startswith(words.format(small / "steps.jsonl"))


def test_numpy_s_own_error_has_no_number(small):
    with (
        full(small),
        pytest.raises(UserError, match=r"x\.npy cannot be written whole \(20000 requested and \d+ wr"),
    ):
        opened(small / "x.npy", lambda file: np.save(file, MANY))
    assert not contents(small)


def test_an_error_of_another_file_is_not_blamed_on_the_one_written(small):
    for error in (FileNotFoundError(2, "No such file", "font.ttf"), OSError("image file is truncated")):
        with pytest.raises(OSError) as caught, atomic(small / "x"):
            raise error
        assert caught.value is error


SPEAKS = """
import sys
from workflow.console import log, say
from workflow.errors import UserError, command_line
def main():
    log("a line")
    say("a result")
    {end}
command_line(main)
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("pass", 0),
        ("raise UserError('mend it')", 2),
        ("import os; os.listdir('/nowhere')", 2),
        ("raise KeyboardInterrupt", 130),
    ],
)
def test_a_log_on_a_full_disk_changes_no_status(end, status):
    with open("/dev/full", "wb") as nowhere:
        command = [sys.executable, "-c", SPEAKS.format(end=end)]
        assert subprocess.run(command, cwd=ROOT, stdout=nowhere, stderr=nowhere).returncode == status


def test_an_error_that_no_stage_expected_is_one_sentence_too(capsys):
    with pytest.raises(SystemExit, match="2"):
        command_line(lambda: os.listdir("/nowhere/fonts"))
    said = capsys.readouterr().err
    assert said.startswith("headroom: /nowhere/fonts: No such file or directory (at line ") and said.count("\n") == 1
