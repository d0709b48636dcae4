"""A dataset folder is whole or is refused: killed, tampered with, cut short, out of disk."""

import errno
import json
import shutil

import numpy as np
import pytest

from workflow.data import arrays, store
from workflow.data.store import check_dataset, check_mapped, open_dataset, open_images, write_dataset
from workflow.errors import UserError


class Supply:
    """Twelve random images of four classes, in chunks; `fail` is raised instead of the last chunk."""

    encoded = False

    def __init__(self, shape=(8, 8), fail=None, seed=0):
        self.images = np.random.default_rng(seed).integers(0, 256, (12, *shape), dtype=np.uint8)
        self.fail = fail

    def chunks(self):
        yield self.images[:5]
        yield self.images[5:5]
        if self.fail:
            raise self.fail
        yield self.images[5:]

    def labels(self):
        return list("abcd"), np.arange(12) % 4, np.zeros(12, np.int64)

    def record(self):
        return {"groups": [{"family": "f", "part": None}], "sources": [], "rejected": {}, "render": {}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("null", "is not a JSON record, but null"),
        ("[]", "is not a JSON record"),
        ("{}", "is no manifest, it lacks hash, images, classes, groups: delete"),
        ('{"hash": 5, "images": "9", "classes": {}, "groups": []}', "it lacks hash, images, classes: delete"),
    ],
)
def test_a_manifest_that_is_none_is_named(tmp_path, content, said):
    write_dataset(tmp_path / "d", Supply(), {"name": "d"})
    (tmp_path / "d/manifest.json").write_text(content)
    for read in (open_dataset, open_images, check_mapped):
        with pytest.raises(UserError, match=r"manifest\.json is no") as raised:
            read(tmp_path / "d")
        assert str(tmp_path / "d") in str(raised.value)
    with pytest.raises(UserError, match=said):
        open_dataset(tmp_path / "d")


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3), (112, 112, 3)])
def test_what_is_written_is_read(tmp_path, shape):
    supply = Supply(shape)
    dataset = write_dataset(tmp_path / "d", supply, {"name": "d"})
    np.testing.assert_array_equal(dataset.images, supply.images)
    assert isinstance(dataset.images, np.memmap) and not dataset.images.flags.writeable
    assert (dataset.classes.dtype, dataset.groups.dtype, dataset.similar.dtype) == (np.int64,) * 3
    assert dataset.names == list("abcd") and dataset.manifest["images"] == 12 and dataset.parts is None
    assert check_dataset(tmp_path / "d") == dataset.manifest["hash"]


def test_the_hash_is_of_the_content_alone(tmp_path):
    first, again, other = (
        write_dataset(tmp_path / name, Supply(seed=seed), {"name": name}).manifest["hash"]
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert first == again != other


def test_a_killed_build_leaves_no_set_even_over_an_old_one(tmp_path):
    write_dataset(tmp_path / "d", Supply(), {})
    with pytest.raises(KeyboardInterrupt):
        write_dataset(tmp_path / "d", Supply(fail=KeyboardInterrupt()), {})
    with pytest.raises(UserError, match="not a finished dataset"):
        open_dataset(tmp_path / "d")
    assert not list((tmp_path / "d").glob(".*"))


def test_what_a_killed_run_left_lying_is_removed(tmp_path):
    (tmp_path / ".images.npy.4711.part").write_bytes(b"half")
    write_dataset(tmp_path, Supply(), {})
    assert not list(tmp_path.glob(".*"))


def test_a_full_disk_is_a_user_error_and_leaves_nothing_half(tmp_path):
    with pytest.raises(UserError, match="no space left"):
        write_dataset(tmp_path / "d", Supply(fail=OSError(errno.ENOSPC, "full")), {})
    assert list((tmp_path / "d").iterdir()) == []


def test_a_disk_that_fills_up_with_the_last_array_leaves_no_manifest(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(store.np, "save", full)
    with pytest.raises(UserError, match=r"no space left to write .*classes\.npy"):
        write_dataset(tmp_path / "d", Supply(), {})
    assert not (tmp_path / "d" / "manifest.json").exists()


@pytest.fixture
def copy(glyphs, tmp_path):
    return shutil.copytree(glyphs, tmp_path / "copy")


@pytest.mark.parametrize("name", ["images", "classes", "groups", "similar"])
def test_one_changed_number_is_found(copy, name):
    array = np.load(copy / f"{name}.npy", mmap_mode="r+")
    array[(3,) * array.ndim] += 1
    array.flush()
    with pytest.raises(UserError, match="not what its manifest describes"):
        check_dataset(copy)


def test_renamed_classes_are_found(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["classes"][0] = "?"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="not what its manifest describes"):
        check_dataset(copy)


def test_arrays_of_another_build_are_refused(copy):
    np.save(copy / "classes.npy", np.load(copy / "classes.npy")[:-1])
    with pytest.raises(UserError, match="do not fit its manifest"):
        open_dataset(copy)


@pytest.mark.parametrize("name", ["images.npy", "similar.npy"])
@pytest.mark.parametrize("length", [0, 50, 5000])
def test_a_truncated_array_is_named(copy, name, length):
    (copy / name).write_bytes((copy / name).read_bytes()[:length])
    with pytest.raises(UserError, match=f"{name} cannot be read"):
        open_dataset(copy)


def test_a_missing_array_is_named(copy):
    (copy / "groups.npy").unlink()
    with pytest.raises(UserError, match=r"groups\.npy cannot be read"):
        open_dataset(copy)


def test_the_header_has_room_for_any_number_of_images(tmp_path):
    for shape in ((0, 0, 0, 3), (10**12, 112, 112, 3), (7, 8, 8)):
        with (tmp_path / "x.npy").open("wb") as file:
            arrays.write_header(file, shape)
            assert file.tell() == arrays.HEADER
        with (tmp_path / "x.npy").open("rb") as file:
            assert np.lib.format.read_magic(file) == (1, 0)
            assert np.lib.format.read_array_header_1_0(file) == (shape, False, np.uint8)
