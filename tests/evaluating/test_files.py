"""Records that are missing, broken or do not fit together are refused with a sentence that says what to do."""

import json

import numpy as np
import pytest

from workflow.errors import UserError
from workflow.evaluating.files import check_split, load_rows, load_run, load_split


def test_a_split_comes_back_whole(make_cell, world):
    _, file = make_cell()
    split = load_split(file)
    assert set(split.arrays) == set(world.arrays)
    assert all(np.array_equal(split.arrays[name], array) for name, array in world.arrays.items())
    assert (split.tail.many, split.tail.medium, split.hash, split.dataset_hash) == (7, 3, "s1", "d1")


@pytest.mark.parametrize("damage", ["missing", "cut", "array", "facts", "threshold"])
def test_a_damaged_split_is_named(make_cell, world, damage):
    _, file = make_cell()
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:1000])
    elif damage == "array":
        np.savez(file, **{name: array for name, array in world.arrays.items() if name != "test_probe"})
    elif damage == "facts":
        file.with_suffix(".json").unlink()
    else:
        file.with_suffix(".json").write_text(json.dumps({"hash": "s1", "dataset_hash": "d1", "shots": {"many": 7}}))
    with pytest.raises(UserError, match=r"split\.(npz|json)"):
        load_split(file)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("test_gallery_class", lambda classes: classes[[0, 0, *range(2, len(classes))]]),
        ("test_probe_class", lambda classes: classes + 5000),
        ("validation_closed_gallery", lambda _: None),
        ("test_hard_pairs", lambda pairs: pairs + 10_000),
    ],
)
def test_a_split_that_contradicts_itself_is_refused(make_cell, world, name, change):
    _, file = make_cell()
    arrays = world.arrays | {name: change(world.arrays[name])}
    if arrays[name] is None:  # the last training class is missing, with its probes
        last = len(world.arrays["shots"]) - 1
        for kind in ("gallery", "probe"):
            kept = world.arrays[f"validation_closed_{kind}_label"] != last
            for array in (f"validation_closed_{kind}", f"validation_closed_{kind}_label"):
                arrays[array] = world.arrays[array][kept]
    np.savez(file, **arrays)
    with pytest.raises(UserError, match=name):
        load_split(file)


def test_a_cell_of_another_split_is_refused(make_cell):
    cell, file = make_cell(split_hash="older")
    with pytest.raises(UserError, match="another split"):
        check_split(load_run(cell), cell, load_split(file))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.zeros((3, 4), np.float16), "5 rows"),
        (np.zeros((5, 4), np.float32), "float32"),
        (np.zeros(5, np.float16), "5 rows"),
        (np.full((5, 4), np.nan, np.float16), "not finite"),
        (np.ones((5, 4), np.float16), "unit length"),
        (np.full((5, 4), 0.3, np.float16), "unit length"),
        (None, "does not exist"),
    ],
)
def test_arrays_that_are_not_embeddings_are_refused_by_name(tmp_path, content, message):
    if content is not None:
        np.save(tmp_path / "embeddings.npy", content)
    with pytest.raises(UserError, match=message) as caught:
        load_rows(tmp_path, "embeddings.npy", [5])
    assert str(tmp_path / "embeddings.npy") in str(caught.value)


def test_a_file_cut_short_is_refused(tmp_path):
    np.save(tmp_path / "embeddings.npy", np.zeros((500, 4), np.float16))
    whole = (tmp_path / "embeddings.npy").read_bytes()
    (tmp_path / "embeddings.npy").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="cannot be read"):
        load_rows(tmp_path, "embeddings.npy", [500])
