"""A test source of its own: every class of the other one is trained on, and only the test's classes are asked about."""

from pathlib import Path

import numpy as np
import pytest

from tests.data.sets import as_folder, as_list, as_records, photos
from tests.data.test_split import keeps_apart, labels_agree
from workflow.cells.data_section import Data
from workflow.cells.spec import fingerprint
from workflow.data.build import build
from workflow.data.listing import listing
from workflow.data.split import make_split
from workflow.data.split_file import EVALUATED
from workflow.data.store import Dataset

TRAINED = photos(classes=8, images=5, seed=1)
ASKED = photos(classes=12, images=4, seed=2)
LONE = photos(classes=3, images=1, seed=3, gap=1000)


def section(folder: Path, **more: object) -> Data:
    train, test = as_folder(folder / "train", TRAINED), as_records(folder / "test", [*ASKED, *LONE])
    return Data.parse({"name": "set", "size": 16, "colour": "rgb", **train, "test": test, **more})


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Data:
    return section(tmp_path_factory.mktemp("own"), pairs={"validation": 10, "test": 20})


@pytest.fixture(scope="module")
def dataset(data, tmp_path_factory) -> Dataset:
    folder = tmp_path_factory.mktemp("built")
    return build(data, folder / "set", folder, 1)


def test_both_sources_are_one_set_of_two_groups(dataset):
    assert dataset.names[:8] == [f"{7 * number:04}" for number in range(1, 9)]
    assert dataset.names[8] == "test/7" and len(dataset.names) == 8 + 12 + 3
    assert [group.get("serves") for group in dataset.manifest["groups"]] == [None, "test"]
    np.testing.assert_array_equal(dataset.asked, np.arange(23) >= 8)
    np.testing.assert_array_equal(dataset.groups, dataset.asked[dataset.classes])
    assert [Path(source["package"]).name for source in dataset.manifest["sources"]] == ["train", "train.rec"]


def test_no_class_of_the_training_source_is_split_off(dataset, data, tmp_path):
    split = make_split(dataset, data, tmp_path / "split.npz")
    assert sorted(split.record.classes) == dataset.names[:8]
    keeps_apart(dataset, split.arrays)
    labels_agree(dataset, split.arrays)
    asked = np.concatenate([split.arrays[f"{part}_gallery_class"] for part in EVALUATED])
    assert sorted(asked) == list(range(8, 20)) and len(split.arrays["validation_gallery_class"]) == 2
    distractors = split.arrays["eval_rows"][split.arrays["distractors"]]
    assert sorted(dataset.classes[distractors]) == [20, 21, 22], "classes with one image"


def test_numbers_of_the_config_come_first(dataset, data, tmp_path):
    asked = data.model_copy(update={"open_set": data.open_set.model_copy(update={"validation": 4})})
    split = make_split(dataset, asked, tmp_path / "split.npz")
    assert [len(split.arrays[f"{part}_gallery_class"]) for part in EVALUATED] == [4, 8]


def test_a_test_source_is_another_set_and_none_changes_nothing(data):
    alone = data.model_copy(update={"test": None})
    assert fingerprint(alone.of_images()) != fingerprint(data.of_images())
    assert "test" not in alone.model_dump(mode="json")
    again = Data.parse(data.model_dump(mode="json"))
    assert again == data


def test_a_plan_notices_a_change_of_either(tmp_path):
    data = section(tmp_path)
    before = listing(data)
    (tmp_path / "test/train.idx").unlink()
    after = listing(data)
    (tmp_path / "train/0007/0000.jpg").unlink()
    assert len({before, after, listing(data)}) == 3


def test_namesakes_and_shared_pictures_are_told(tmp_path, capsys):
    train = as_folder(tmp_path / "train", TRAINED)
    test = as_list(tmp_path / "test", [(7, TRAINED[0][1]), *ASKED[1:]])
    (tmp_path / "train/0007").rename(tmp_path / "train/anna")
    listed = (tmp_path / "test/list.csv").read_text(encoding="utf-8")
    (tmp_path / "test/list.csv").write_text(listed.replace(",7\n", ",anna\n"), encoding="utf-8")
    data = Data.parse({"name": "set", "size": 16, "colour": "rgb", **train, "test": test})
    dataset = build(data, tmp_path / "set", tmp_path, 1)
    said = capsys.readouterr().err
    assert "classes of the same name in both sources: 1, the first test/anna; if they are the same" in said
    assert "pictures in more than one class: 1" in said and dataset.manifest["shared"]["pictures"] == 1
