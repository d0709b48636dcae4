"""Records that are missing, broken or do not fit together are refused with a sentence that says what to do."""

import numpy as np
import pytest

from workflow.errors import UserError
from workflow.evaluating.files import load_rows, load_run


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


def test_a_file_cut_short_is_refused(tmp_path):
    np.save(tmp_path / "embeddings.npy", np.zeros((500, 4), np.float16))
    whole = (tmp_path / "embeddings.npy").read_bytes()
    (tmp_path / "embeddings.npy").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="cannot be read"):
        load_rows(tmp_path, "embeddings.npy", [500])
