"""A published profile is whole: its numbers, the records they link to, and nothing that git should not hold."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import records
from workflow.cells.paths import SUMMARY
from workflow.errors import UserError
from workflow.files import read_json, write_json
from workflow.summary import publish as publishing
from workflow.summary.collect import collect
from workflow.summary.publish import plain, publish
from workflow.summary.reading import read_summary
from workflow.summary.writing import write


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """results/default of a folder that is the working directory, as the workflow has it."""
    records.build(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = Path("results/default")
    summary = collect(found, *records.planned(found), manifest_file=records.manifest_of(Path()))
    write(summary, found / SUMMARY)
    return found


def test_every_record_that_a_published_summary_names_is_published(profile):
    place = publish(profile, Path("results/published"), "here")
    assert place == Path("results/published/here/default")
    shutil.rmtree(profile)
    found = read_summary(place / SUMMARY)
    named = [*found.runs["record"].dropna(), *found.costs["record"].dropna()]
    assert len(named) == 12 + 24
    assert all(name.startswith("results/published/here/default/") and Path(name).is_file() for name in named)
    assert all(Path(name).with_name("evaluation.json").is_file() for name in found.runs["record"].dropna())


def test_the_numbers_are_those_of_the_profile(profile):
    place = publish(profile, Path("results/published"), "here")
    own, published = read_json(profile / SUMMARY), read_json(place / SUMMARY)
    moved = str(published).replace("results/published/here/default/", "results/default/")
    assert moved == str(own) and own["runs"][0]["scores"]
    for name in ("heads", "runs", "scores", "costs"):
        assert (place / f"{name}.csv").read_bytes() == (profile / f"{name}.csv").read_bytes()


def test_records_of_other_cells_that_the_summary_names_are_published_too(profile):
    tried = profile / "tuned/dcq/0.1-0a1b2c3d.json"
    tried.parent.mkdir(parents=True)
    tried.write_text("{}")
    first = Path(read_json(profile / SUMMARY)["runs"][0]["record"])
    other = profile / "glyphs-s/small/dcq/0.1/9-0a1b2c3d/run.json"
    shutil.copytree(first.parent, other.parent)
    content = read_json(profile / SUMMARY)
    content["others"] = [{**content["runs"][0], "role": "images", "record": other.as_posix()}]
    content["runs"][0]["reason"] = tried.as_posix()
    write_json(profile / SUMMARY, content)
    place = publish(profile, Path("results/published"), "here")
    moved = [place / path.relative_to(profile) for path in (tried, other, other.with_name("evaluation.json"))]
    assert all(path.is_file() for path in moved)


def test_weights_and_embeddings_stay_behind(profile):
    run = Path(read_json(profile / SUMMARY)["runs"][0]["record"]).parent
    for name in ("model.pt", "embeddings.npy", "resamples.npz"):
        (run / name).write_bytes(b"large")
    place = publish(profile, Path("results/published"), "here")
    assert {path.suffix for path in place.rglob("*") if path.is_file()} == {".json", ".jsonl", ".csv"}


def test_publishing_again_replaces_what_was_there(profile):
    place = publish(profile, Path("results/published"), "here")
    (place / "old.json").write_text("{}")
    assert publish(profile, Path("results/published"), "here") == place
    assert not (place / "old.json").exists()


def test_too_much_is_refused_and_an_earlier_publication_stays(profile, monkeypatch):
    place = publish(profile, Path("results/published"), "here")
    before = sorted(place.rglob("*"))
    monkeypatch.setattr(publishing, "LIMIT", 1000)
    with pytest.raises(UserError, match=r"MB would be published, more than .* largest file is \S+ with"):
        publish(profile, Path("results/published"), "here")
    assert sorted(place.rglob("*")) == before and len(list(place.parent.iterdir())) == 1


def test_a_profile_without_summary_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"nowhere/summary\.json"):
        publish(tmp_path / "nowhere", tmp_path / "published")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cpu Intel(R) Xeon(R) Processor 2 cores", "cpu-intel-xeon-2-cores"),
        ("cpu AMD EPYC 7R13 Processor 48 cores", "cpu-amd-epyc-7r13-48-cores"),
        ("NVIDIA H100 80GB HBM3", "nvidia-h100-80gb-hbm3"),
    ],
)
def test_a_machine_is_named_by_what_it_is(text, name):
    assert plain(text) == name


def test_the_command_names_the_machine_and_says_where(profile):
    code = [sys.executable, "-m", "workflow.summary.publish", "--profile-dir", str(profile)]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(code, capture_output=True, text=True, env={"PYTHONPATH": root, "PATH": ""}, check=False)
    assert done.returncode == 0, done.stderr
    (place,) = Path("results/published").glob("*/default")
    assert place.parent.name.endswith("-cores") and str(place) in done.stderr
