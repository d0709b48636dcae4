"""The glyph source on real fonts: what is kept, what is dropped, and what happens when a font package is missing."""

import numpy as np
import pytest

from workflow.cells.data_section import Data
from workflow.data import build as module
from workflow.data import glyphs as source
from workflow.data.build import build
from workflow.data.faces import Source, Tier, Typeface, load_tier
from workflow.data.fetch import Fetched
from workflow.data.glyphs import Glyphs, _is_cjk
from workflow.data.sieve import hashes
from workflow.data.store import open_dataset
from workflow.errors import UserError

SMALL = Data.parse({"name": "small", "tier": "dejavu", "characters": 30, "size": 16})


def test_every_face_brings_its_images_and_no_class_holds_one_twice(glyphs):
    dataset = open_dataset(glyphs)
    assert len(dataset.names) == 600 and len(dataset.manifest["groups"]) == 12
    assert set(dataset.groups) == set(range(12))
    pairs = set(zip(dataset.classes.tolist(), dataset.groups.tolist(), strict=True))
    assert len(pairs) == len(dataset.images)
    contents = set(zip(dataset.classes.tolist(), hashes(dataset.images).tolist(), strict=True))
    assert len(contents) == len(dataset.images)
    assert dataset.images.any(axis=(1, 2)).all()


def test_no_homoglyphs_are_two_classes(glyphs):
    dataset = open_dataset(glyphs)
    names = dataset.names
    assert {"A", "b", "7"} <= set(names)
    assert not {"Α", "А", "о", "ο"} & set(names)  # Greek and Cyrillic twins of Latin letters
    upright = dataset.images[dataset.groups == 0]
    assert len(np.unique(hashes(upright))) == len(upright)


def test_the_manifest_tells_where_each_face_is_from(glyphs):
    manifest = open_dataset(glyphs).manifest
    group = manifest["groups"][0]
    assert group.items() >= {"name": "DejaVu Sans Book", "family": "DejaVu Sans", "part": "train"}.items()
    assert group["licence"] and group["package"] == "matplotlib" and group["version"]
    assert [group["part"] for group in manifest["groups"]] == ["train"] * 4 + ["validation"] * 4 + ["test"] * 4
    assert manifest["sources"][0]["status"] == "ok" and len(manifest["hash"]) == 64
    assert (manifest["render"]["size"] == 32 and manifest["commit"] is None) or len(manifest["commit"]) >= 40
    assert manifest["rejected"]["duplicate in its class"] > 0


def test_the_number_of_processes_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "CHUNK", 17)
    one, two = (build(SMALL, tmp_path / f"{jobs}", tmp_path, jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(one.images, two.images)
    assert one.manifest["hash"] == two.manifest["hash"]


def test_a_finished_set_is_left_alone_and_other_keys_build_anew(tmp_path, monkeypatch):
    first = build(SMALL, tmp_path / "d", tmp_path, 1).manifest
    monkeypatch.setattr(module, "write_dataset", lambda *_: pytest.fail("it was whole"))
    assert build(SMALL, tmp_path / "d", tmp_path, 1).manifest == first
    monkeypatch.undo()
    larger = build(SMALL.model_copy(update={"size": 24}), tmp_path / "d", tmp_path, 1)
    assert larger.images.shape[1:] == (24, 24)


def test_the_split_s_keys_do_not_rebuild_images(tmp_path, monkeypatch):
    build(SMALL, tmp_path / "d", tmp_path, 1)
    monkeypatch.setattr(module, "write_dataset", lambda *_: pytest.fail("its images are the same"))
    build(SMALL.model_copy(update={"seed": 5, "classes": 7, "tail": "flat"}), tmp_path / "d", tmp_path, 1)


def test_a_folder_with_other_files_is_not_written_into(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UserError, match=r"holds other files \(thesis\.tex\)"):
        build(SMALL, tmp_path, tmp_path, 1)


@pytest.fixture
def lossy(monkeypatch):
    """Tier dejavu with a fourth face from a package that cannot be had."""
    tier = load_tier("dejavu")
    ghost = Source("ghost-fonts", "pypi", "1.0", "0" * 64, "OFL-1.1")
    face = Typeface("ghost-fonts", "Ghost", "Ghost", "ghost.ttf", "train")
    listed = Tier("dejavu", "letters", (*tier.sources, ghost), (face, *tier.faces), tier.split)
    real = source.fetch

    def fetch(sources, cache):
        lost = Fetched(ghost, "changed", reason="sha256 differs")
        return [lost if one is ghost else real([one], cache)[0] for one in sources]

    monkeypatch.setattr(source, "load_tier", lambda _: listed)
    monkeypatch.setattr(source, "fetch", fetch)


def test_a_changed_package_gives_a_smaller_set_that_says_so(lossy, tmp_path, capsys):
    dataset = build(SMALL, tmp_path / "d", tmp_path, 1)
    assert "without ghost-fonts (changed)" in capsys.readouterr().err
    assert len(dataset.manifest["groups"]) == 12
    lost = dataset.manifest["sources"][1]
    assert (lost["package"], lost["status"], lost["reason"]) == ("ghost-fonts", "changed", "sha256 differs")


def test_an_incomplete_set_is_tried_again(lossy, tmp_path, monkeypatch):
    build(SMALL, tmp_path / "d", tmp_path, 1)
    tried = []
    monkeypatch.setattr(module, "write_dataset", lambda *_: tried.append(1) or open_dataset(tmp_path / "d"))
    build(SMALL, tmp_path / "d", tmp_path, 1)
    assert tried


def test_too_few_faces_stop_the_build(lossy, tmp_path):
    with pytest.raises(UserError, match=r"only 12 of the 13 faces .*ghost-fonts \(changed\).*data\.faces_needed"):
        build(SMALL.model_copy(update={"faces_needed": 0.95}), tmp_path / "d", tmp_path, 1)
    assert not (tmp_path / "d" / "manifest.json").exists()


def test_a_part_without_a_face_stops_the_build(tmp_path, monkeypatch):
    tier = load_tier("dejavu")
    faces = tuple(face for face in tier.faces if face.part != "test")
    monkeypatch.setattr(source, "load_tier", lambda _: Tier("dejavu", "letters", tier.sources, faces, tier.split))
    with pytest.raises(UserError, match="only 8 of the 8 faces"):
        build(SMALL.model_copy(update={"faces_needed": 0}), tmp_path / "d", tmp_path, 1)


def test_blanks_placeholders_and_duplicates_are_dropped_and_counted(tmp_path):
    glyphs = Glyphs(SMALL, tmp_path, 1)
    images = np.random.default_rng(0).integers(1, 256, (12, 16, 16), dtype=np.uint8)
    images[0] = 0
    images[2:6] = images[2]  # four characters with one box: the face's sign for what it lacks
    images[6:9] = images[6]  # three with one bitmap: variants that share a form
    codes = np.arange(12)
    kept = glyphs._sift(0, images, hashes(images), codes)
    np.testing.assert_array_equal(kept, images[[1, *range(6, 12)]])
    again = glyphs._sift(1, images, hashes(images), codes + (codes > 9))  # the last two are of other classes now
    np.testing.assert_array_equal(again, images[10:])
    assert glyphs.sieve.rejected == {"blank": 2, "placeholder": 8, "duplicate in its class": 5}


@pytest.mark.parametrize(
    ("character", "wanted"),
    [
        *((character, True) for character in ("一", "\u3400", "\U00020000", "\U00030000", "가", "힣")),
        *((character, False) for character in ("\uf900", "\U0002f800", "\u2f00", "カ", "A", "ㄱ")),
    ],
)
def test_unified_ideographs_and_syllables_only(character, wanted):
    assert _is_cjk(ord(character)) == wanted
