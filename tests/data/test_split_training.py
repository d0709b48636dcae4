"""Ablations change what training sees and nothing that is asked of the kept classes."""

import numpy as np
import pytest

from tests.data.test_split import EVALUATION, draw
from workflow.data.split_file import FACTS, POSITIONS, load_split
from workflow.data.store import Dataset, open_dataset
from workflow.errors import UserError


@pytest.fixture(scope="module")
def dataset(glyphs) -> Dataset:
    return open_dataset(glyphs)


@pytest.fixture(scope="module")
def plain(split):
    return load_split(split)


def same_question(one, other, names: list[str]) -> bool:
    """Whether two splits ask the same of the same images under each of `names`."""

    def rows(found, name):
        return found.arrays["eval_rows"][found.arrays[name]] if name.endswith(POSITIONS) else found.arrays[name]

    return all(np.array_equal(rows(one, name), rows(other, name)) for name in names)


OPEN = [f"{part}_{name}" for part in EVALUATION for name in (*POSITIONS, *FACTS) if not name.startswith("closed_probe")]


def test_without_rare_classes_all_else_is_asked_as_before(dataset, plain, tmp_path):
    found = draw(dataset, tmp_path, min_shots=2)
    shots = plain.arrays["shots"]
    kept = int((shots >= 2).sum())
    assert 2 < kept < len(shots)
    assert found.record.counts["left_out_classes"] == len(shots) - kept
    assert found.record.counts["train_classes"] == len(found.record.classes) == kept
    np.testing.assert_array_equal(found.arrays["shots"], shots[:kept])
    trained = plain.arrays["train_labels"] < kept
    for name in ("train_rows", "train_labels"):
        np.testing.assert_array_equal(found.arrays[name], plain.arrays[name][trained])
    assert same_question(found, plain, [*OPEN, "enrolled_rows", "enrolled_labels"])
    for part in EVALUATION:
        asked = plain.arrays[f"{part}_closed_probe_label"] < kept
        rows = plain.arrays["eval_rows"][plain.arrays[f"{part}_closed_probe"]][asked]
        np.testing.assert_array_equal(found.arrays["eval_rows"][found.arrays[f"{part}_closed_probe"]], rows)
        assert asked.any() and not asked.all()
    reread = load_split(tmp_path / "split.npz")
    assert len(reread.label_counts) == kept


def test_leaving_out_all_classes_is_refused(dataset, tmp_path):
    with pytest.raises(UserError, match=r"data\.min_shots is 9: only 0 classes"):
        draw(dataset, tmp_path, min_shots=9)


def changed_by(dataset, plain, tmp_path, **noise: float):
    """The split with noise, after checking that only the training labels differ from those of `plain`."""
    found = draw(dataset, tmp_path, noise=noise)
    assert {name for name in plain.arrays if not np.array_equal(found.arrays[name], plain.arrays[name])} == {
        "train_labels"
    }
    return found, plain.arrays["train_labels"], found.arrays["train_labels"]


def test_flips_give_a_share_of_the_images_another_class(dataset, plain, tmp_path):
    found, true, labels = changed_by(dataset, plain, tmp_path, flips=0.25)
    assert (labels != true).sum() == found.record.counts["wrong_labels"] == round(0.25 * len(true))
    np.testing.assert_array_equal(np.bincount(labels), np.bincount(true))
    taken = labels[labels != true]
    assert len(np.unique(taken - true[labels != true])) > 20, "wrong labels must be of classes anywhere"
    again, *_ = changed_by(dataset, plain, tmp_path, flips=0.25)
    np.testing.assert_array_equal(again.arrays["train_labels"], labels)


def test_splits_give_half_of_a_class_s_images_a_label_of_their_own(dataset, plain, tmp_path):
    found, true, labels = changed_by(dataset, plain, tmp_path, splits=0.1)
    classes = len(plain.arrays["shots"])
    assert found.record.counts["split_classes"] == 20 and found.record.counts["wrong_labels"] == 0
    assert len(found.label_counts) == classes + 20 and found.label_counts.min() >= 1
    for label in range(classes, classes + 20):
        (owner,) = np.unique(true[labels == label])
        assert (labels == label).sum() == plain.arrays["shots"][owner] // 2
    assert (labels[labels < classes] == true[labels < classes]).all()


def test_flips_and_splits_go_together_and_no_label_is_left_without_an_image(dataset, plain, tmp_path):
    found, true, _ = changed_by(dataset, plain, tmp_path, flips=0.4, splits=1.0)
    assert found.record.counts["wrong_labels"] == round(0.4 * len(true))
    able = (plain.arrays["shots"] >= 2).sum()
    assert found.record.counts["split_classes"] == able < len(plain.arrays["shots"])
    assert found.label_counts.min() >= 1
