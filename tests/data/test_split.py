"""A split keeps training, validation and test apart, is the same for the same seed, and says what it cannot do."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import DATA
from tests.data.test_folder import make, read
from tests.data.test_store import Supply
from workflow.cells.data_section import Data
from workflow.cells.records import SplitRecord
from workflow.data import split_rows
from workflow.data.faces import SPLIT_PARTS
from workflow.data.split import make_split
from workflow.data.split_classes import shots_by_rank
from workflow.data.split_file import load_split
from workflow.data.split_pairs import even_share, rank_within
from workflow.data.store import Dataset, open_dataset, write_dataset
from workflow.errors import UserError

EVALUATION = SPLIT_PARTS[1:]


@pytest.fixture(scope="module")
def dataset(glyphs) -> Dataset:
    return open_dataset(glyphs)


@pytest.fixture(scope="module")
def loaded(split):
    return load_split(split)


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Dataset:
    return read(make(tmp_path_factory.mktemp("small") / "photos", classes=30, images=6))


def rows(arrays, name: str) -> np.ndarray:
    return arrays["eval_rows"][arrays[name]]


def draw(dataset: Dataset, path: Path, **changes):
    return make_split(dataset, Data.parse({**DATA, **changes}), path / "split.npz")


def keeps_apart(dataset: Dataset, arrays) -> None:
    """What must hold of every split, of glyphs and of a folder."""
    classes = dataset.classes
    trained = set(arrays["train_rows"].tolist())
    roles = {"train": set(classes[arrays["train_rows"]].tolist())}
    roles["distractors"] = set(classes[rows(arrays, "distractors")].tolist())
    for part in EVALUATION:
        roles[part] = set(arrays[f"{part}_gallery_class"].tolist())
        for name in ("all", "gallery", "probe"):
            assert set(arrays[f"{part}_{name}_class"].tolist()) <= roles[part]
            np.testing.assert_array_equal(classes[rows(arrays, f"{part}_{name}")], arrays[f"{part}_{name}_class"])
        probes = set(rows(arrays, f"{part}_probe").tolist()) | set(rows(arrays, f"{part}_closed_probe").tolist())
        assert not probes & trained
        assert not probes & set(rows(arrays, f"{part}_gallery").tolist())
        gallery = rows(arrays, f"{part}_closed_gallery")
        assert set(gallery.tolist()) <= trained
        np.testing.assert_array_equal(arrays[f"{part}_closed_gallery_label"], np.arange(len(arrays["shots"])))
    assert sum(map(len, roles.values())) == len(set.union(*roles.values()))
    own = [
        set(rows(arrays, f"{part}_{name}").ravel().tolist()) for part in EVALUATION for name in ("all", "hard_pairs")
    ]
    assert not (own[0] | own[1]) & (own[2] | own[3])
    closed = [set(arrays[f"{part}_closed_probe_label"].tolist()) for part in EVALUATION]
    assert not closed[0] & closed[1]


def labels_agree(dataset: Dataset, arrays) -> None:
    """Labels, shots and galleries name the same classes."""
    labels, train_rows = arrays["train_labels"], arrays["train_rows"]
    np.testing.assert_array_equal(np.bincount(labels, minlength=len(arrays["shots"])), arrays["shots"])
    for name in ("rows", "labels"):
        np.testing.assert_array_equal(arrays[f"enrolled_{name}"], arrays[f"train_{name}"])
    assert (np.diff(arrays["shots"]) <= 0).all() and arrays["shots"].min() >= 1
    of_label = np.empty(len(arrays["shots"]), np.int64)
    of_label[labels] = dataset.classes[train_rows]
    np.testing.assert_array_equal(of_label[labels], dataset.classes[train_rows])
    for part in EVALUATION:
        np.testing.assert_array_equal(of_label, dataset.classes[rows(arrays, f"{part}_closed_gallery")])
        probes = dataset.classes[rows(arrays, f"{part}_closed_probe")]
        np.testing.assert_array_equal(of_label[arrays[f"{part}_closed_probe_label"]], probes)


def pairs_are_true(dataset: Dataset, arrays) -> None:
    """Same means the same class; half of the pairs are; none is twice the same image or drawn twice."""
    for part in EVALUATION:
        for kind in ("hard", "random"):
            pairs, same = rows(arrays, f"{part}_{kind}_pairs"), arrays[f"{part}_{kind}_same"]
            assert same.dtype == bool and same.sum() * 2 == len(same) > 0
            np.testing.assert_array_equal(dataset.classes[pairs[:, 0]] == dataset.classes[pairs[:, 1]], same)
            assert (pairs[:, 0] != pairs[:, 1]).all()
            assert len(np.unique(np.sort(pairs, axis=1), axis=0)) == len(pairs)


def test_training_validation_and_test_are_disjoint(dataset, loaded):
    keeps_apart(dataset, loaded.arrays)
    labels_agree(dataset, loaded.arrays)
    pairs_are_true(dataset, loaded.arrays)


def test_each_part_s_probes_are_of_its_own_font_families(dataset, loaded):
    families = np.array([group["family"] for group in dataset.manifest["groups"]])[dataset.groups]
    wanted = {"validation": {"DejaVu Sans Mono"}, "test": {"DejaVu Serif"}}
    for part in EVALUATION:
        for name in ("probe", "closed_probe"):
            assert set(families[rows(loaded.arrays, f"{part}_{name}")]) == wanted[part]
        assert set(families[rows(loaded.arrays, f"{part}_gallery")]) == {"DejaVu Sans"}
        pairs = rows(loaded.arrays, f"{part}_hard_pairs")
        assert set(families[pairs[:, 0]]) == wanted[part]
    for name in ("train_rows", "distractors"):
        found = loaded.arrays[name] if name == "train_rows" else rows(loaded.arrays, name)
        assert set(families[found]) == {"DejaVu Sans"}


def test_where_a_part_has_two_families_its_same_pairs_cross_them(dataset, tmp_path, monkeypatch):
    groups = [dict(group) for group in dataset.manifest["groups"]]
    groups[-1]["family"] = groups[-2]["family"] = "DejaVu Serif Bold"
    two = Dataset(**{**vars(dataset), "manifest": {**dataset.manifest, "groups": groups}})
    arrays = draw(two, tmp_path).arrays
    families = two.families[two.groups]
    for kind in ("hard", "random"):
        pairs = rows(arrays, f"test_{kind}_pairs")
        assert (families[pairs[:, 0]] != families[pairs[:, 1]]).all()
        assert (two.parts[two.groups[pairs]] == 2).all()
    keeps_apart(two, arrays)
    pairs_are_true(two, arrays)


def guessed_from_faces(dataset: Dataset, pairs: np.ndarray, same: np.ndarray) -> float:
    """The share of pairs judged rightly by who knows, of every two faces, which answer is the more frequent one."""
    faces = dataset.groups[pairs] @ [len(dataset.manifest["groups"]), 1]
    answers = [np.bincount(faces[same == kind], minlength=faces.max() + 1) for kind in (False, True)]
    return float(np.maximum(*answers).sum() / len(pairs))


@pytest.mark.parametrize("most", [100, 10**6])
def test_the_faces_of_a_pair_do_not_tell_whether_it_is_the_same(tmp_path, most):
    """Classes come in few or in many of six faces, so that some faces have far more same pairs than others."""
    random = np.random.default_rng(0)
    has = random.random((300, 6)) < np.linspace(0.95, 0.25, 6)
    has[:, :2] = True
    classes, groups = np.nonzero(np.hstack([np.ones((300, 1), bool), has]))
    families = [("train", "train"), *((f"f{i}", "test") for i in range(5)), ("v", "validation")]
    similar = (np.arange(300)[:, None] + np.arange(1, 6)) % 300
    images = random.integers(0, 256, (len(classes), 16, 16), dtype=np.uint8)
    manifest = {"classes": [str(i) for i in range(300)], "groups": [{"family": f, "part": p} for f, p in families]}
    manifest |= {"name": "x", "hash": "", "settings": {"tier": "dejavu"}}
    one = Dataset(Path(), images, classes, groups, similar, manifest)
    arrays = draw(one, tmp_path, classes=50, n_max=1, distractors=20, pairs={"test": most}).arrays
    pairs_are_true(one, arrays)
    for kind in ("hard", "random"):
        pairs, same = rows(arrays, f"test_{kind}_pairs"), arrays[f"test_{kind}_same"]
        assert guessed_from_faces(one, pairs, same) == 0.5
        assert len(np.unique(one.groups[pairs], axis=0)) > 10


def test_every_different_pair_has_the_faces_of_a_same_pair(dataset, loaded):
    for part in EVALUATION:
        for kind in ("hard", "random"):
            pairs, same = rows(loaded.arrays, f"{part}_{kind}_pairs"), loaded.arrays[f"{part}_{kind}_same"]
            assert guessed_from_faces(dataset, pairs, same) == 0.5


def test_hard_impostors_look_more_alike_than_random_ones(dataset, loaded):
    def likeness(kind: str) -> float:
        different = ~loaded.arrays[f"test_{kind}_same"]
        pair = dataset.images[rows(loaded.arrays, f"test_{kind}_pairs")[different]].reshape(different.sum(), 2, -1)
        return float(np.mean([np.corrcoef(left, right)[0, 1] for left, right in pair]))

    assert likeness("hard") > likeness("random") + 0.1


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(dataset, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        draw(dataset, tmp_path / name)
    assert (tmp_path / "a/split.npz").read_bytes() == (tmp_path / "b/split.npz").read_bytes()
    first, second = (SplitRecord.read(tmp_path / name / "split.json") for name in ("a", "b"))
    assert first.made and second.made and first.made.commit == second.made.commit
    assert first.model_copy(update={"made": None}) == second.model_copy(update={"made": None})
    assert draw(dataset, tmp_path, seed=1).record.hash != load_split(tmp_path / "a/split.npz").record.hash


def test_the_record_agrees_with_the_arrays(dataset, loaded):
    record, arrays = loaded.record, loaded.arrays
    assert record.protocol == "headroom-2" and record.dataset_hash == dataset.manifest["hash"]
    counts = record.counts
    assert counts["train_images"] == arrays["shots"].sum() == len(arrays["train_rows"])
    assert counts["train_classes"] == len(record.classes) == 200
    assert counts["many"] + counts["medium"] + counts["few"] == 200
    assert {name for name, count in counts.items() if not count} == {
        "left_out_classes",
        "wrong_labels",
        "split_classes",
    }
    assert counts["many"] == (arrays["shots"] >= record.shots.many).sum()
    assert counts["singletons"] == (arrays["shots"] == 1).sum()
    assert counts["test_hard_pairs"] == len(arrays["test_hard_pairs"])
    first = arrays["train_rows"][arrays["train_labels"] == 0][0]
    assert record.classes[0] == dataset.names[dataset.classes[first]]
    assert all(array.dtype in (np.int64, bool) for array in arrays.values())


def test_eval_rows_are_sorted_unique_and_all_used(loaded):
    arrays = loaded.arrays
    assert (np.diff(arrays["eval_rows"]) > 0).all()
    positions = [
        array.ravel() for name, array in arrays.items() if name.endswith(("_pairs", "_all", "_gallery", "_probe"))
    ]
    used = np.unique(np.concatenate([*positions, arrays["distractors"]]))
    np.testing.assert_array_equal(used, np.arange(len(arrays["eval_rows"])))


def test_open_sets_keep_the_share_of_hangul_and_come_in_look_alikes(tmp_path):
    """60 syllables and 240 ideographs, all alike in what images they have; class 2k looks like class 2k + 1."""
    names = [chr(0xAC00 + i) for i in range(60)] + [chr(0x4E00 + i) for i in range(240)]
    classes = np.repeat(np.arange(300), 4)
    images = np.random.default_rng(0).integers(0, 256, (1200, 16, 16), dtype=np.uint8)
    groups = [{"family": part, "part": part} for part in ("train", "train", "validation", "test")]
    similar = np.stack([np.arange(300) ^ 1] + 4 * [np.full(300, -1)], axis=1)
    manifest = {"classes": names, "groups": groups, "name": "x", "hash": "", "settings": {"tier": "dejavu"}}
    one = Dataset(Path(), images, classes, np.tile(np.arange(4), 300), similar, manifest)
    arrays = draw(one, tmp_path, classes=100, n_max=2, distractors=20).arrays
    for part, count in (("validation", 40), ("test", 80)):
        chosen = arrays[f"{part}_gallery_class"]
        assert (chosen < 60).sum() == count / 5
        assert np.isin(chosen ^ 1, chosen).mean() > 0.4
    keeps_apart(one, arrays)


@pytest.mark.parametrize("kind", ["pareto", "flat", "natural"])
def test_tails(dataset, tmp_path, kind):
    found = draw(dataset, tmp_path, tail=kind, n_max=3, min_images=3)
    keeps_apart(dataset, found.arrays)
    labels_agree(dataset, found.arrays)
    shots = found.arrays["shots"]
    if kind == "flat":
        assert set(shots) == {3}
    elif kind == "pareto":
        assert set(shots) == {1, 2, 3}
    else:
        parts = dataset.parts[dataset.groups]
        own = dataset.classes[found.arrays["train_rows"]]
        np.testing.assert_array_equal(
            np.bincount(dataset.classes[parts == 0])[own], shots[found.arrays["train_labels"]]
        )


def test_a_tier_s_limits_of_many_and_few_go_with_its_own_tail_only(dataset, tmp_path):
    own, other = (draw(dataset, tmp_path, tail=tail, n_max=3, min_images=3).record.shots for tail in ("pareto", "flat"))
    assert (own.many, own.medium, other.many, other.medium) == (4, 2, 7, 3)


def test_the_pareto_tail_of_5000_classes_is_the_pilot_s():
    shots = shots_by_rank(5000, Data.parse({"name": "x", "tail": "pareto", "n_max": 10}))
    assert shots.sum() == 18267
    counts = (shots >= 7).sum(), ((shots >= 3) & (shots < 7)).sum(), (shots < 3).sum(), (shots == 1).sum()
    assert counts == (1044, 1134, 2822, 1773)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": 5000}, r"data\.classes asks for 5,000 classes, but dejavu has only \d+ .*lower data\.classes or"),
        ({"min_images": 9}, r"data\.classes asks for 200 classes, but dejavu has only 0 .*data\.min_images"),
        ({"open_set": {"test": 9000}}, r"data\.open_set\.test asks for 9,000 classes"),
        ({"open_set": {"validation": 9000}}, r"data\.open_set\.validation asks for 9,000 classes"),
        ({"distractors": 9000}, r"data\.distractors asks for 9,000 classes.*lower data\.distractors"),
        ({"tier": "s"}, r"data\.tier is s, but .*dejavu was built from dejavu"),
        ({"shots": {"many": 2}}, r"data\.shots\.medium.* many must be larger"),
    ],
)
def test_numbers_that_the_dataset_cannot_meet_are_named(dataset, tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        draw(dataset, tmp_path, **changes)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"tire": "s"}, "'data.tire' is not a key of the config; did you mean 'tier'"),
        ({"tier": "xxl"}, r"'data\.tier' is \"xxl\": it must be 'dejavu'"),
        ({"size": 4}, r"'data\.size' is 4: it must be at least 8"),
        ({"open_set": {"tests": 4}}, r"'data\.open_set\.tests' is not a key"),
        ({"name": "../x"}, r"data\.name"),
    ],
)
def test_a_wrong_key_is_named(section, message):
    with pytest.raises(UserError, match=message):
        Data.parse({"name": "x", **section}, "data")


def test_pairs_shrink_to_what_exists_and_the_counts_say_so(dataset, tmp_path):
    found = draw(dataset, tmp_path, pairs={"test": 20, "validation": 10})
    assert (found.record.counts["test_hard_pairs"], found.record.counts["validation_random_pairs"]) == (40, 20)
    found = draw(dataset, tmp_path, pairs={"test": 10**6, "validation": 10**6})
    assert 40 < found.record.counts["test_hard_pairs"] < 10**4
    pairs_are_true(dataset, found.arrays)


def test_a_small_folder_makes_a_whole_experiment(photos, tmp_path):
    found = make_split(photos, Data.parse({"name": "photos", "source": "folder", "path": "x"}), tmp_path / "split.npz")
    keeps_apart(photos, found.arrays)
    labels_agree(photos, found.arrays)
    pairs_are_true(photos, found.arrays)
    counts = found.record.counts
    assert counts["train_classes"] + counts["distractors"] + 2 + 4 == 30
    assert counts["test_closed_probe"] > counts["validation_closed_probe"] > 0
    assert found.record.settings["tail"] == "natural" and set(found.arrays["shots"]) == {5}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(2, 7), min_size=8, max_size=40), st.integers(0, 1000), st.floats(0.05, 0.95))
def test_folders_of_any_shape_keep_apart(photos, tmp_path, sizes, seed, hold_out):
    classes = np.repeat(np.arange(len(sizes)), sizes)
    images = np.random.default_rng(seed).integers(0, 256, (len(classes), 16, 16), dtype=np.uint8)
    names = [str(number) for number in range(len(sizes))]
    similar = np.full((len(sizes), 5), -1)
    one = Dataset(Path(), images, classes, 0 * classes, similar, {**photos.manifest, "classes": names})
    section = {"name": "x", "source": "folder", "path": "x", "seed": seed, "hold_out": hold_out}
    found = make_split(one, Data.parse(section), tmp_path / "split.npz")
    keeps_apart(one, found.arrays)
    labels_agree(one, found.arrays)
    pairs_are_true(one, found.arrays)


@given(st.lists(st.integers(0, 4)))
def test_rank_within_counts_the_equal_ones_before(keys):
    slow = [keys[:place].count(key) for place, key in enumerate(keys)]
    assert rank_within(np.array(keys, dtype=np.int64)).tolist() == slow


def test_all_held_out_images_of_training_classes_are_probes(dataset, loaded, tmp_path, monkeypatch):
    parts, arrays = dataset.parts[dataset.groups], loaded.arrays
    of_label = dataset.classes[rows(arrays, "test_closed_gallery")]
    for number, part in enumerate(EVALUATION, 1):
        probed = of_label[np.unique(arrays[f"{part}_closed_probe_label"])]
        wanted = np.flatnonzero((parts == number) & np.isin(dataset.classes, probed))
        np.testing.assert_array_equal(rows(arrays, f"{part}_closed_probe"), wanted)
    assert np.bincount(arrays["test_closed_probe_label"]).max() > 2
    few = draw(dataset, tmp_path, probes=1).arrays["test_closed_probe_label"]
    assert np.bincount(few).max() == 1
    np.testing.assert_array_equal(np.sort(few), np.unique(arrays["test_closed_probe_label"]))
    monkeypatch.setattr(split_rows, "MOST", 2 * len(few))
    bounded = draw(dataset, tmp_path).arrays
    assert np.bincount(bounded["test_closed_probe_label"]).max() == 2 >= len(bounded["test_closed_probe"]) / len(few)
    assert np.bincount(bounded["enrolled_labels"]).max() == even_share(bounded["shots"], 2 * len(few))


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(1, 60))
def test_an_even_share_is_the_largest_that_keeps_to_the_sum(counts, most):
    share = even_share(np.array(counts, dtype=np.int64), most)
    kept = [sum(min(count, k) for count in counts) for k in (share, share + 1)]
    assert share == 1 or kept[0] <= most
    assert kept[1] > most or share >= max(counts, default=1)


@pytest.mark.parametrize(("images", "fit"), [([1] * 8, 0), ([1] * 5 + [2] * 3, 3)])
def test_classes_of_one_image_cannot_be_asked_about_and_it_is_said(tmp_path, images, fit):
    class Own(Supply):
        def __init__(self):
            self.classes = np.repeat(np.arange(len(images)), images)
            self.images = np.random.default_rng(0).integers(0, 256, (len(self.classes), 8, 8), dtype=np.uint8)
            self.fail = None

        def labels(self):
            return [f"c{number}" for number in range(len(images))], self.classes, np.zeros_like(self.classes)

    write_dataset(tmp_path / "own", Own(), {"name": "own", "settings": {}})
    data = Data.parse({"name": "own", "source": "folder", "path": "/own"})
    why = rf"\({fit} of its 8 have two images or more, and only these can be asked about\)"
    with pytest.raises(UserError, match=rf"{why}: add images to some classes, or name a set of its own to test on"):
        make_split(open_dataset(tmp_path / "own"), data, tmp_path / "split.npz")
