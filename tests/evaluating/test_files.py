"""Records that are missing, broken or do not fit together are refused with a sentence that says what to do."""

import numpy as np
import pytest

from workflow.errors import UserError
from workflow.evaluating.files import load_rows, load_run, save_array


def test_a_cell_of_another_split_is_refused(make_cell, world):
    cell, _ = make_cell(split_hash="older")
    with pytest.raises(UserError, match="another split"):
        load_run(cell, world.split)


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


@pytest.fixture
def written(tmp_path):
    rows = np.random.default_rng(0).standard_normal((50, 4))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    save_array(tmp_path / "embeddings.npy", rows)
    return tmp_path / "embeddings.npy", rows


def test_what_is_written_is_read_by_us_and_by_numpy(written):
    path, rows = written
    assert np.array_equal(load_rows(path.parent, path.name, [50]), rows)
    assert np.array_equal(np.load(path), rows) and np.array_equal(np.load(path, mmap_mode="r"), rows)


def test_any_flipped_bit_is_found_or_changes_no_row(written):
    path, rows = written
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            assert np.array_equal(load_rows(path.parent, path.name, [50]), rows), place
        except UserError as error:
            assert path.name in str(error)


def test_a_flipped_bit_in_a_row_is_named(written):
    path, _ = written
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"embeddings\.npy is not what was written, its hash differs"):
        load_rows(path.parent, path.name, [50])


def test_rows_of_before_there_were_hashes_are_read_with_a_notice(written, capsys):
    path, rows = written
    np.save(path, rows)
    assert np.array_equal(load_rows(path.parent, path.name, [50]), rows)
    assert "embeddings.npy was written without a hash: not verified" in capsys.readouterr().err


def test_a_file_cut_short_is_refused(tmp_path):
    np.save(tmp_path / "embeddings.npy", np.zeros((500, 4), np.float16))
    whole = (tmp_path / "embeddings.npy").read_bytes()
    (tmp_path / "embeddings.npy").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="cannot be read"):
        load_rows(tmp_path, "embeddings.npy", [500])
