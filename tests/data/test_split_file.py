"""A split is read whole or refused with a sentence that names the file and what is wrong with it."""

import json
from pathlib import Path

import numpy as np
import pytest

from workflow.data.split_file import EVALUATED, load_split, split_hash
from workflow.errors import UserError


@pytest.fixture
def copy(split, tmp_path) -> Path:
    """A copy of a drawn split that a test may damage."""
    for suffix in (".npz", ".json"):
        (tmp_path / "split").with_suffix(suffix).write_bytes(split.with_suffix(suffix).read_bytes())
    return tmp_path / "split.npz"


def rewrite(file: Path, changes: dict[str, np.ndarray | None], *, honest: bool) -> None:
    """Change arrays of the split in `file`, None to leave one out; `honest` updates the hash in split.json too."""
    arrays = {name: array for name, array in (load_split(file).arrays | changes).items() if array is not None}
    np.savez(file, **arrays)
    if honest:
        record = json.loads(file.with_suffix(".json").read_text())
        file.with_suffix(".json").write_text(json.dumps(record | {"hash": split_hash(arrays)}))


def test_a_split_comes_back_whole(split):
    found = load_split(split)
    with np.load(split) as stored:
        assert set(found.arrays) == set(stored.files)
        assert all(np.array_equal(found.arrays[name], stored[name]) for name in stored.files)
    assert found.record.model_dump() == json.loads(split.with_suffix(".json").read_text())


def test_a_part_has_its_own_arrays_and_the_shared_distractors(split):
    found = load_split(split)
    for name in EVALUATED:
        part = found.part(name)
        assert part["distractors"] is found.arrays["distractors"]
        own = {array for array in found.arrays if array.startswith(f"{name}_")}
        assert {f"{name}_{array}" for array in part if array != "distractors"} == own
        assert all(part[array.removeprefix(f"{name}_")] is found.arrays[array] for array in own)


def test_a_split_that_was_tampered_with_is_refused(copy):
    found = load_split(copy)
    changed = found.arrays | {"distractors": found.arrays["distractors"][::-1]}
    assert split_hash(changed) != found.record.hash
    rewrite(copy, changed, honest=False)
    with pytest.raises(UserError, match=r"not the split that split\.json describes"):
        load_split(copy)


@pytest.mark.parametrize("length", [0, 1000])
def test_a_truncated_split_is_refused(copy, length):
    copy.write_bytes(copy.read_bytes()[:length])
    with pytest.raises(UserError, match=r"split\.npz cannot be read"):
        load_split(copy)


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_a_missing_split_is_a_user_error(copy, suffix):
    copy.with_suffix(suffix).unlink()
    with pytest.raises(UserError, match=rf"split\{suffix} does not exist"):
        load_split(copy)


@pytest.mark.parametrize(
    "facts", [{"hash": ""}, {"shots": {"many": 7}}, {"hash": None}], ids=["other hash", "no threshold", "no hash"]
)
def test_facts_that_are_no_split_s_are_refused(copy, facts):
    file = copy.with_suffix(".json")
    file.write_text(json.dumps(json.loads(file.read_text()) | facts))
    with pytest.raises(UserError, match=r"split\.json"):
        load_split(copy)


def test_an_array_that_is_missing_is_named(copy):
    rewrite(copy, {"test_probe": None}, honest=True)
    with pytest.raises(UserError, match=r"split\.npz lacks test_probe"):
        load_split(copy)


def without_the_last_class(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray | None]:
    """The closed gallery of validation without the last training class, and no probe of it either."""
    last = len(arrays["shots"]) - 1
    changes: dict[str, np.ndarray | None] = {}
    for kind in ("gallery", "probe"):
        kept = arrays[f"validation_closed_{kind}_label"] != last
        changes |= {
            name: arrays[name][kept] for name in (f"validation_closed_{kind}", f"validation_closed_{kind}_label")
        }
    return changes


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("test_gallery_class", lambda arrays: {"test_gallery_class": arrays["test_gallery_class"][[0, 0]]}),
        ("test_probe_class", lambda arrays: {"test_probe_class": arrays["test_probe_class"] + 10**6}),
        ("validation_closed_gallery", without_the_last_class),
        ("test_hard_pairs", lambda arrays: {"test_hard_pairs": arrays["test_hard_pairs"] + len(arrays["eval_rows"])}),
        ("test_all", lambda arrays: {"test_all": arrays["test_all"] - len(arrays["eval_rows"])}),
    ],
)
def test_a_split_that_contradicts_itself_is_refused(copy, name, change):
    rewrite(copy, change(load_split(copy).arrays), honest=True)
    with pytest.raises(UserError, match=name):
        load_split(copy)
