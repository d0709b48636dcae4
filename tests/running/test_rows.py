"""Memory that is asked for by a cell's classes and images."""

import pytest

from workflow.running.rows import rows_mb


def test_centres_momentum_and_a_copy_of_every_class_and_every_image(tmp_path):
    split = tmp_path / "split-1.npz"
    split.touch()
    split.with_suffix(".json").write_text(
        '{"counts": {"train_classes": 1000000, "eval_images": 0, "enrolled_images": 500000}}'
    )
    assert rows_mb(split, 512) == 3.5 * 512 * 4


def test_a_split_that_is_still_to_be_made_is_known_later(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        rows_mb(split := tmp_path / "split-1.npz", 512)
    assert str(error.value.filename) == str(split)


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"counts": {"train_classes": null}}', '{"counts": 3}'])
def test_what_is_wrong_with_a_split_is_left_to_its_reader(tmp_path, content):
    split = tmp_path / "split-1.npz"
    split.touch()
    if content is not None:
        split.with_suffix(".json").write_text(content)
    assert rows_mb(split, 512) == 0
