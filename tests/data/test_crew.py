"""Processes that prepare batches: the same pixels as without them, whatever their number, from any step on."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.data.sets import as_records, photos
from workflow.cells.data_section import Data
from workflow.data.build import build
from workflow.data.crew import Crew, LoaderDied, Maker
from workflow.data.loaders import Loader
from workflow.data.store import Dataset
from workflow.errors import UserError

SIDE = 16
MADE = photos(classes=8, images=5, side=SIDE)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Dataset:
    """Colour photos that stay encoded in a .rec."""
    folder = tmp_path_factory.mktemp("crew")
    keys = as_records(folder / "in", MADE)
    data = Data.parse({"name": "set", "size": SIDE, "colour": "rgb", "store": "encoded", **keys})
    return build(data, folder / "set", folder, 1)


def loader(dataset: Dataset, workers: int, augment: str = "mid", kind: str = "pairs", batch: int = 10) -> Loader:
    rows = np.arange(len(dataset.images))
    given = {"kind": kind, "batch": batch, "seed": 3, "augment": augment}
    return Loader(dataset.images, rows, dataset.classes, **given, workers=workers, folder=dataset.folder)


def same(found, wanted) -> None:
    for ours, theirs in zip((*found.views, *found.labels), (*wanted.views, *wanted.labels), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("workers", "augment"), [(1, "low"), (3, "mid")])
def test_the_pixels_do_not_depend_on_the_number_of_processes(dataset, workers, augment):
    several, alone = loader(dataset, workers, augment), loader(dataset, 0, augment)
    try:
        for step in (0, 1, 2, 3, 17, 18, 4):  # on, and away and back, as a run that is resumed
            same(several.batch(step), alone.batch(step))
        kept = several.batch(5)
        several.batch(6), several.batch(7), several.batch(8)
        same(kept, alone.batch(5))
        few, one = loader(dataset, workers, augment, batch=2), loader(dataset, 0, augment, batch=2)
        same(few.batch(3), one.batch(3))  # fewer images than processes
        few.crew.close()
    finally:
        several.crew.close()


def restamp(path: Path, dataset: Dataset) -> None:
    """Put the time of a file back to that of the build."""
    changed = dataset.manifest["encoded"]["files"][0]["changed"]
    os.utime(path, ns=(changed, changed))


def test_a_process_that_dies_or_fails_is_told(dataset, tmp_path):
    one = loader(dataset, 1, "none")
    one.batch(0)
    os.kill(one.crew.workers[0].process.pid, signal.SIGKILL)
    with pytest.raises(LoaderDied, match=r"a process of the loader was killed by signal 9 .*lower train\.workers"):
        for step in range(1, 9):
            one.batch(step)
    assert not one.crew.workers
    place = dataset.images.place(0)
    content = place.file.read_bytes()
    with place.file.open("r+b") as file:
        file.seek(place.offset)
        file.write(bytes(place.length))
    restamp(place.file, dataset)
    two = loader(dataset, 1, "none", batch=20)
    try:
        with pytest.raises(UserError, match="holds no image any more"):
            for step in range(4):
                two.batch(step)
    finally:
        two.crew.close()
        place.file.write_bytes(content)
        restamp(place.file, dataset)


def test_beside_a_gpu_processes_only_decode(dataset):
    crew = Crew(dataset.folder, dataset.images.shape[1:], None, 2)
    wants = loader(dataset, 0)._wants(0)
    crew.memory = bytearray(crew._bytes(wants))
    maker = Maker(dataset.folder, crew.memory, None)
    for number in range(2):
        maker(crew._parts(wants, 0, number))
    for want, start in zip(wants, crew._starts(wants, 0), strict=True):
        np.testing.assert_array_equal(crew._view(want, start), dataset.images[want.rows])


def test_a_process_that_dies_of_images_that_are_cut_off_names_them(tmp_path):
    pixels = {"name": "set", "size": SIDE, "colour": "rgb", "store": "pixels", **as_records(tmp_path / "in", MADE)}
    made = build(Data.parse(pixels), tmp_path / "set", tmp_path, 1)
    one = loader(made, 1, "none")
    try:
        one.batch(0)
        os.truncate(tmp_path / "set/images.npy", 200)
        os.kill(one.crew.workers[0].process.pid, signal.SIGBUS)
        with pytest.raises(UserError, match=r"images\.npy cannot be read"):
            for step in range(1, 9):
                one.batch(step)
    finally:
        one.crew.close()
