"""The field's evaluation sets: read as published, scored by hand-checkable numbers, under their own names."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.data.sets import SIZE, as_list, encoded, photos
from workflow.cells.config import Config
from workflow.cells.evaluate_section import Evaluate, EvaluationSet
from workflow.errors import UserError
from workflow.evaluating import check_sets
from workflow.evaluating.embed import embed
from workflow.evaluating.metrics import METRICS, describe
from workflow.evaluating.set_images import embedded, read_set
from workflow.evaluating.sets import set_scores
from workflow.evaluating.verification import ScoredPairs

PAIRS = 24


def write_bin(path: Path, classes: int = 8, spoiled: bool = False) -> Path:
    """PAIRS pairs of photos, every second one of one class."""
    made = photos(classes=classes, images=2 * PAIRS // classes, seed=5)
    first, second = made[: len(made) // 2], made[len(made) // 2 :]
    images, same = [], []
    for number, (one, other) in enumerate(zip(first, second, strict=True)):
        images += [one[1], one[1] if number % 2 == 0 else other[1]]
        same.append(number % 2 == 0)
    path.write_bytes(pickle.dumps((images if not spoiled else [images[0], b"none", *images[2:]], same)))
    return path


def pixels(images) -> np.ndarray:
    """Embeddings that are the pixels."""
    rows = images[:].reshape(len(images), -1).astype(np.float32)
    rows = rows - rows.mean(1, keepdims=True)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def scores(*sets: EvaluationSet) -> tuple[dict[str, float | None], dict[str, str]]:
    arrays = embedded(sets, lambda _, images: pixels(images), SIZE, "RGB", "white")
    return set_scores(sets, arrays)


def as_search(folder: Path) -> EvaluationSet:
    """Every third photo asks which of the five classes of the others it shows."""
    made = as_list(folder, photos(classes=5, images=3, seed=9))
    head, *rows = Path(made["path"]).read_text(encoding="utf-8").splitlines()
    for name, kept in (("gallery", [0, 1]), ("probes", [2])):
        lines = [head, *(row for number, row in enumerate(rows) if number % 3 in kept)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return EvaluationSet(name="shop", gallery=f"{folder}/gallery.csv", probes=f"{folder}/probes.csv", root=made["root"])


def test_a_bin_is_scored_as_its_pairs_are(tmp_path):
    asked = EvaluationSet(path=str(write_bin(tmp_path / "lfw.bin")))
    images, questions = read_set(asked, SIZE, "RGB", "white")
    assert images.shape == (2 * PAIRS, SIZE, SIZE, 3) and questions["same"].sum() == PAIRS // 2
    rows = pixels(images).astype(np.float64)
    pairs = ScoredPairs((rows[0::2] * rows[1::2]).sum(1), questions["same"])
    found, notes = scores(asked)
    assert found["sets/lfw/accuracy"] == pairs.accuracy() == 1
    assert found["sets/lfw/eer"] == pairs.roc.eer() and found["sets/lfw/auc"] == 1
    assert found["sets/lfw/tar@0.1"] is None and "fewer than 10" in notes["sets/lfw/tar@0.1"]


def test_pairs_txt_asks_the_same(tmp_path):
    for name in ("Ann", "Bob"):
        (tmp_path / name).mkdir()
        for number in (1, 2):
            face = np.random.default_rng(ord(name[0])).integers(0, 256, (SIZE, SIZE, 3))
            (tmp_path / name / f"{name}_{number:04}.png").write_bytes(encoded(face.astype(np.uint8)))
    lines = ["Ann 1 2", "Ann 1 Bob 1"] * 12
    (tmp_path / "pairs.txt").write_text("\n".join(["12", *lines]) + "\n", encoding="utf-8")
    asked = EvaluationSet(name="own", pairs=str(tmp_path / "pairs.txt"), folder=str(tmp_path))
    assert scores(asked)[0]["sets/own/accuracy"] == 1


def test_probes_are_looked_for_among_the_means_of_the_gallery(tmp_path):
    asked = as_search(tmp_path)
    found, notes = scores(asked)
    assert found == {"sets/shop/rank1": 1.0, "sets/shop/rank5": None}
    assert notes == {"sets/shop/rank5": "each of 5 classes is among the first 5"}
    listed = Path(asked.probes).read_text(encoding="utf-8").replace(",7\n", ",70\n", 1)
    Path(asked.probes).write_text(listed, encoding="utf-8")
    with pytest.raises(UserError, match=r"probes\.csv: 0007/0002\.jpg is of 70, which is not in .*gallery\.csv"):
        scores(asked)


def test_a_probe_that_is_in_the_gallery_is_refused(tmp_path):
    asked = as_search(tmp_path)
    rows = [row.replace("/", "/./") for row in Path(asked.gallery).read_text(encoding="utf-8").splitlines()]
    with Path(asked.probes).open("a", encoding="utf-8") as probes:
        probes.write(f"{rows[-1]}\n")
    with pytest.raises(UserError, match=r"probes\.csv: .*\.jpg is in .*gallery\.csv, too, where it is its own answer"):
        scores(asked)


def test_a_damaged_image_is_named(tmp_path):
    asked = EvaluationSet(path=str(write_bin(tmp_path / "lfw.bin", spoiled=True)))
    with pytest.raises(UserError, match=r"lfw\.bin: image 1 cannot be read \([^<]*\): fetch the set again"):
        scores(asked)


def test_what_was_not_embedded_is_null_with_its_reason_or_refused(tmp_path):
    asked = EvaluationSet(path=str(tmp_path / "cfp_fp.bin"))
    found, notes = set_scores([asked], None, "diverged: at step 3")
    assert set(found) == set(notes) and set(found.values()) == {None} and set(notes.values()) == {"diverged: at step 3"}
    with pytest.raises(UserError, match="the images of cfp_fp have not been embedded"):
        set_scores([asked], {"lfw/rows": np.zeros((2, 2))})


def test_every_score_of_a_set_has_words_under_its_name():
    sets = [EvaluationSet(path="agedb_30.bin"), EvaluationSet(gallery="a.csv", probes="b.csv", name="shop.2")]
    names = set_scores(sets, None, "x")[0]
    assert "sets/agedb_30/tar@0.0001" in names and "sets/shop.2/rank5" in names
    for name in names:
        row = describe(name)
        assert row.name == name and "{" not in row.label + row.description + row.group
        assert row.order[0] >= len(METRICS)
    assert describe("sets/agedb_30/tar@0.0001").label == "agedb_30 TAR at FAR 0.0001"
    assert describe("sets/shop.2/rank1").group == "Evaluation set shop.2"


def test_the_flip_test_adds_the_features_of_the_mirror_image():
    class Sums(nn.Module):
        def forward(self, x):
            return torch.stack([x[..., :2].sum((1, 2, 3)), x[..., 2:].sum((1, 2, 3)), x.sum((1, 2, 3)) ** 2], 1)

    images = np.random.default_rng(0).integers(0, 256, (5, 4, 4), np.uint8)
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    rows, cpu = np.arange(5), torch.device("cpu")
    both = embed(Sums(), images, rows, cpu, "x", flip=True)
    np.testing.assert_array_equal(both, embed(Sums(), mirrored, rows, cpu, "x", flip=True))
    assert (both[:, 0] == both[:, 1]).all() and (embed(Sums(), images, rows, cpu, "x") != both).any()


def test_a_config_names_sets_by_path_or_in_full(tmp_path):
    found = Evaluate.parse({"sets": ["a/lfw.bin", {"name": "own", "pairs": "p.txt", "folder": "f"}]}, "evaluate")
    assert [one.called for one in found.sets_in_full] == ["lfw", "own"]
    assert Evaluate.parse({**found.model_dump(mode="json")}, "evaluate") == found
    for sets, said in (
        (["a/x.bin", "b/x.bin"], "two are called x: give one another name"),
        ([{"pairs": "p.txt"}], "say either the path of a .bin, or pairs and folder, or gallery and probes"),
        ([{"path": "a.bin", "pairs": "p.txt", "folder": "f"}], "say either the path"),
    ):
        with pytest.raises(UserError, match=said):
            Evaluate.parse({"sets": sets}, "evaluate")


def test_a_set_that_is_not_there_is_told_before_anything_runs(tmp_path):
    import yaml

    config = yaml.safe_load((Path(__file__).parents[2] / "config/default.yaml").read_text(encoding="utf-8"))
    (tmp_path / "p.txt").write_text("", encoding="utf-8")
    sets = [str(tmp_path / "lfw.bin"), {"pairs": str(tmp_path / "p.txt"), "folder": "/no/folder"}]
    with pytest.raises(UserError) as error:
        Config.parse(config | {"evaluate": {"sets": sets}})
    assert f"'evaluate.sets.0.path': {tmp_path}/lfw.bin is not a file: name one" in str(error.value)
    assert "'evaluate.sets.1.folder': /no/folder is not a folder" in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [("x" * 300, r"sets\.0\S*': x+ cannot be opened \(.*: name another"), ("", r"sets\.0"), ("a\0b", r"sets\.0")],
    ids=["too long", "empty", "nothing a name may hold"],
)
@pytest.mark.parametrize("key", ["path", "pairs", "folder", "gallery", "probes", "root"])
def test_a_set_whose_path_cannot_be_one_is_a_problem_of_the_config(text, said, key):
    import yaml

    config = yaml.safe_load((Path(__file__).parents[2] / "config/default.yaml").read_text(encoding="utf-8"))
    others = {"path": {}, "pairs": {"folder": "."}, "folder": {"pairs": "p"}}
    one = others.get(key, {"gallery": "g", "probes": "p"}) | {key: text}
    with pytest.raises(UserError, match=said):
        Config.parse(config | {"evaluate": {"sets": [one]}})
    if key == "path":
        with pytest.raises(UserError, match=said):
            Config.parse(config | {"evaluate": {"sets": [text]}})


def test_sets_are_read_whole_before_anything_is_trained(tmp_path, capsys):
    search = as_search(tmp_path / "g").model_dump(exclude_none=True)
    settings = {"hash": "x", "settings": {"size": SIZE, "colour": "rgb"}}
    (tmp_path / "manifest.json").write_text(json.dumps(settings), encoding="utf-8")
    whole, spoiled = write_bin(tmp_path / "lfw.bin"), write_bin(tmp_path / "bad.bin", spoiled=True)

    def check(*sets: object) -> None:
        text = json.dumps({"sets": sets}, default=str)
        given = ["--sets", text, "--dataset", str(tmp_path), "--out", str(tmp_path / "out.txt")]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["check_sets", *given])
            check_sets.main()

    check(whole, search)
    wanted = "lfw: 24 pairs, 12 of them of one class\nshop: 5 probes among 10 gallery images\n"
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == wanted
    (tmp_path / "out.txt").unlink()
    with pytest.raises(UserError, match=r"bad\.bin: image 1 cannot be read"):
        check(whole, spoiled)
    assert not (tmp_path / "out.txt").exists()
