"""Arrays are those of the manifest, and found to be so once, not at every start."""

import json
import os
import shutil

import numpy as np
import pytest

from workflow.cells.data_section import Data
from workflow.data import stamps
from workflow.data.build import build
from workflow.data.stamps import STAMPS
from workflow.data.store import open_dataset, open_images
from workflow.errors import UserError

ARRAYS = ("images", "classes", "groups", "similar")


@pytest.fixture
def copy(glyphs, tmp_path):
    return shutil.copytree(glyphs, tmp_path / "copy")


@pytest.fixture
def hashed(monkeypatch):
    """Lengths of the arrays that were hashed."""
    lengths, content_hash = [], stamps.content_hash

    def count(array):
        lengths.append(len(array))
        return content_hash(array)

    monkeypatch.setattr(stamps, "content_hash", count)
    return lengths


def flip(path, place=-1):
    """Flip one bit and put the times of the file back."""
    status, content = path.stat(), bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_what_was_verified_is_not_hashed_again(copy, hashed):
    open_dataset(copy)
    assert len(hashed) == len(ARRAYS)
    open_dataset(copy)
    open_images(copy)
    assert len(hashed) == len(ARRAYS)


@pytest.mark.parametrize("name", ARRAYS)
def test_one_flipped_bit_is_found_though_size_and_time_are_as_before(copy, name):
    open_dataset(copy)
    flip(copy / f"{name}.npy")
    with pytest.raises(UserError, match=rf"{name}\.npy is not what its manifest describes"):
        open_dataset(copy)


def test_an_evaluation_finds_it_too(copy):
    open_images(copy)
    flip(copy / "images.npy", place=1000)
    with pytest.raises(UserError, match=r"images\.npy is not what its manifest describes"):
        open_images(copy)


def test_a_file_that_was_only_touched_is_hashed_once_more(copy, hashed):
    open_dataset(copy)
    (copy / "groups.npy").touch()
    for _ in range(2):
        open_dataset(copy)
    assert len(hashed) == len(ARRAYS) + 1


def test_a_set_of_before_there_were_hashes_is_taken_with_a_notice(copy, capsys):
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    (copy / "manifest.json").write_text(json.dumps(manifest | {"arrays": {}}), encoding="utf-8")
    assert open_dataset(copy).names and len(open_images(copy))
    assert capsys.readouterr().err.count("was built without hashes of its arrays: not verified") == 2


@pytest.mark.parametrize("content", ["", "[]", '{"images": 3}', '{"images": ["x", 1]}'])
def test_stamps_that_are_damaged_are_made_anew(copy, hashed, content):
    (copy / STAMPS).write_text(content, encoding="utf-8")
    for _ in range(2):
        open_dataset(copy)
    assert len(hashed) == len(ARRAYS)


def test_a_folder_that_cannot_be_written_is_hashed_each_time(copy, hashed, monkeypatch, capsys):
    def refuse(path, _):
        raise UserError(f"{path} cannot be written")

    monkeypatch.setattr(stamps, "write_json", refuse)
    (copy / STAMPS).unlink(missing_ok=True)
    for _ in range(2):
        open_dataset(copy)
    assert len(hashed) == 2 * len(ARRAYS) and "are hashed by every run" in capsys.readouterr().err


def test_a_built_set_says_the_hash_of_every_array(glyphs):
    dataset = open_dataset(glyphs)
    assert dataset.manifest["arrays"] == {name: stamps.content_hash(getattr(dataset, name)) for name in ARRAYS}


def test_a_set_with_stamps_is_still_ours_to_build_again(glyphs, tmp_path, capsys):
    from tests.conftest import DATA

    folder = shutil.copytree(glyphs, tmp_path / "set")
    open_dataset(folder)
    assert (folder / STAMPS).exists()
    (folder / "manifest.json").unlink()
    build(Data.parse(DATA | {"characters": 30, "classes": 10, "distractors": 2}), folder, glyphs.parent / "wheels", 1)
    assert np.load(folder / "classes.npy").max() == 29
