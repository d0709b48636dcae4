"""A published profile is whole: its numbers, the records they link to and are collected from, nothing that git should
not hold; and seeds that are published one by one make the same as all at once."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest

from tests import records
from tests.collected import edit
from workflow.cells.paths import SUMMARY
from workflow.errors import UserError
from workflow.files import read_json, write_json
from workflow.summary import publish as publishing
from workflow.summary import replicates
from workflow.summary.collect import collect
from workflow.summary.copies import tight
from workflow.summary.links import named
from workflow.summary.planned import found_costs, found_runs, found_tuned
from workflow.summary.publish import plain, publish
from workflow.summary.reading import read_summary
from workflow.summary.stored import SummaryRecord
from workflow.summary.tables import summarise
from workflow.summary.together import by_seed
from workflow.summary.writing import write

PUBLISHED, ROOT = Path("results/published"), Path(__file__).parents[2]
DCQ = "glyphs-s/small/dcq/0.1"
Session = Callable[..., Path]


def summarised(profile: Path, seeds: Sequence[int]) -> Path:
    """The profile, with the summary of all that it holds."""
    cells = sorted(found_runs(profile), key=lambda cell: cell.seed)
    costs = records.planned(profile)[1] if (profile / "cost").exists() else []
    manifest = records.manifest_of(Path())
    found = collect(profile, cells, costs, manifest_file=manifest, tuned_files=found_tuned(profile)).stored
    config = {"profile": "default", "seeds": list(seeds)}
    write(summarise(found.model_copy(update={"config": config})), profile / SUMMARY)
    return profile


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, ...], Path]:
    """By seeds, a folder in which they were computed."""
    found = {}
    for seeds in ((0,), (1,), (0, 1)):
        found[seeds] = tmp_path_factory.mktemp("computed")
        with chdir(found[seeds]):
            profile = records.build(Path(), seeds)
            records.write_fair(profile, seeds)
            summarised(profile, seeds)
    return found


@pytest.fixture(scope="module")
def at_once(computed: dict[tuple[int, ...], Path]) -> dict[str, object]:
    """What is published of all seeds at once."""
    with chdir(computed[0, 1]):
        return content(publish(Path("results/default"), PUBLISHED, "once"))


@pytest.fixture
def session(computed: dict[tuple[int, ...], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Compute some seeds in a working directory of which nothing is left but what was published; returns the profile,
    with its summary. A `change` of the records comes before it is made."""
    monkeypatch.chdir(tmp_path)

    def run(seeds: tuple[int, ...] = records.SEEDS, change: Callable[[Path], object] | None = None) -> Path:
        profile = Path("results/default")
        for folder in (profile, Path("data")):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(computed[seeds] / folder, folder)
        if change:
            change(profile)
            summarised(profile, seeds)
        return profile

    return run


@pytest.fixture
def first_day(computed: dict[tuple[int, ...], Path], session: Session) -> Path:
    """The folder in which seed 0 was published before."""
    place = PUBLISHED / "here" / "default"
    with chdir(computed[(0,)]):
        if not place.exists():
            publish(Path("results/default"), PUBLISHED, "here")
    shutil.copytree(computed[(0,)] / place, place)
    return place


@pytest.fixture
def profile(session: Session) -> Path:
    return session()


def content(place: Path) -> dict[str, object]:
    """What a folder holds, by relative path: the summary but for who collected it, all else by its bytes."""
    files = {path.relative_to(place).as_posix(): path for path in place.rglob("*") if path.is_file()}
    found = {name: path.read_bytes() for name, path in files.items() if name != SUMMARY}
    return {**found, SUMMARY: {**read_json(place / SUMMARY), "collected": None}}


def moved(stored: SummaryRecord) -> SummaryRecord:
    """A summary without what another folder and another collecting change."""
    text = stored.model_dump_json().replace("results/published/here/default/", "results/default/")
    return SummaryRecord.model_validate_json(text).model_copy(update={"collected": None})


def test_every_record_that_a_published_summary_names_is_published(profile: Path) -> None:
    place = publish(profile, PUBLISHED, "here")
    assert place == Path("results/published/here/default")
    wanted = len(named(read_summary(profile / SUMMARY).stored))
    shutil.rmtree(profile)
    found = named(read_summary(place / SUMMARY).stored)
    assert len(found) == wanted > 12 + 24 + 12 + 12 + 2 + 4 + 3
    assert all(path.startswith("results/published/here/default/") and Path(path).is_file() for path in found)
    assert all(Path(path).with_name("resamples.npz").is_file() for path in found if path.endswith("evaluation.json"))
    assert all(Path(path).with_name("steps.jsonl").is_file() for path in found if path.endswith("run.json"))


def test_a_kill_between_two_publications_loses_neither(
    profile: Path, first_day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rename = content(first_day), Path.rename

    def killed(path: Path, target: Path) -> Path:
        if path.name.endswith(".draft.part"):
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "rename", killed)
        patch.setattr(publishing.shutil, "rmtree", lambda *_, **__: None)
        publish(profile, PUBLISHED, "here")
    assert not first_day.exists()
    publishing.put_back(first_day)
    assert content(first_day) == before
    publish(profile, PUBLISHED, "here", add=True)
    assert [path.name for path in first_day.parent.iterdir()] == [first_day.name]


def test_links_are_relative_to_the_published_folder_so_it_can_be_moved(profile: Path) -> None:
    place = publish(profile, PUBLISHED, "here")
    assert not [name for name in (SUMMARY, "runs.csv", "costs.csv") if "results/" in (place / name).read_text()]
    shutil.rmtree(profile)
    place.parent.rename("elsewhere")
    assert all(Path(path).is_file() for path in named(read_summary(Path("elsewhere/default") / SUMMARY).stored))


def test_the_numbers_are_those_of_the_profile(profile: Path) -> None:
    place = publish(profile, PUBLISHED, "here")
    own, published = read_summary(profile / SUMMARY).stored, read_summary(place / SUMMARY).stored
    assert own.runs and own.others and own.tuned and own.baselines and own.resampled
    assert moved(published).others == by_seed(own.others)
    assert moved(published.model_copy(update={"others": []})) == moved(own.model_copy(update={"others": []}))
    for name in ("heads", "runs", "costs"):
        assert (place / f"{name}.csv").read_text() == (profile / f"{name}.csv").read_text().replace(f"{profile}/", "")


def test_what_is_published_can_be_collected_again(profile: Path) -> None:
    place = publish(profile, PUBLISHED, "here")
    shutil.rmtree(profile)
    manifest = records.manifest_of(Path())
    cells = (found_runs(place), found_costs(place))
    again = collect(place, *cells, manifest_file=manifest, tuned_files=found_tuned(place)).stored
    found = read_summary(place / SUMMARY).stored
    assert again.resampled.keys() == found.resampled.keys() and again.baselines == found.baselines
    for own, its in ((again.runs, found.runs), (again.others, found.others), (again.costs, found.costs)):
        assert sorted(map(str, own)) == sorted(map(str, its))


@pytest.mark.parametrize("days", [((0,), (1,)), ((1,), (0,), (1,))], ids=str)
def test_seeds_added_one_by_one_make_the_same_as_all_at_once(
    session: Session, at_once: dict[str, object], days: tuple[tuple[int, ...], ...]
) -> None:
    for seeds in days:
        place = publish(session(seeds), PUBLISHED, "by-one", add=True)
    assert content(place) == at_once
    assert read_json(place / SUMMARY)["config"]["seeds"] == [0, 1]


def test_costs_of_one_day_stand_beside_runs_of_another(session: Session, at_once: dict[str, object]) -> None:
    publish(session((0,)), PUBLISHED, "by-one", add=True)

    def no_costs(profile: Path) -> None:
        shutil.rmtree(profile / "cost")
        (profile / "machine.json").unlink()

    assert content(publish(session((1,), no_costs), PUBLISHED, "by-one", add=True)) == at_once


def test_a_planned_cell_without_record_hides_none_published_before(session: Session, first_day: Path) -> None:
    profile = session()
    content = read_json(profile / SUMMARY)
    for run in (run for run in content["runs"] if run["label"] == "dcq"):
        run |= {"record": None, "outcome": "missing", "scores": {}, "evaluation": None}
    write_json(profile / SUMMARY, content)
    runs = read_summary(publish(profile, PUBLISHED, "here", add=True) / SUMMARY).runs
    assert list(runs.loc[runs["label"] == "dcq", "outcome"]) == ["ok", "missing"] and len(runs) == 12


def test_without_add_an_earlier_publication_is_replaced(session: Session, first_day: Path) -> None:
    assert (first_day / DCQ / "0").exists()
    place = publish(session((1,)), PUBLISHED, "here")
    assert set(read_summary(place / SUMMARY).runs["seed"]) == {1}
    assert not (place / DCQ / "0").exists() and len(list(place.parent.iterdir())) == 1


Change = Callable[[Path], object]


def every(pattern: str, **changes: object) -> Change:
    """A change of all records that match."""
    return lambda profile: [edit(path, **changes) for path in profile.glob(pattern)]


def all_of(*changes: Change) -> Change:
    return lambda profile: [change(profile) for change in changes]


def train(**changes: object) -> Change:
    """A change of a run's settings of training."""

    def change(profile: Path) -> None:
        path = profile / DCQ / "1" / "run.json"
        parameters = read_json(path)["parameters"]
        edit(path, parameters={**parameters, "train": {**parameters["train"], **changes}})

    return change


def backbone(profile: Path) -> None:
    """A change of the backbone of all runs."""
    for path in profile.glob("**/run.json"):
        edit(path, cell={**read_json(path)["cell"], "backbone": "large"})


def data(profile: Path) -> None:
    """A change of the data set."""
    edit(records.manifest_of(Path()), hash="other")
    every("**/split.json", dataset_hash="other")(profile)
    every("**/run.json", dataset={"name": "glyphs-s", "hash": "other"})(profile)


SPLIT = all_of(
    every("**/split.json", hash="other"),
    every("**/run.json", split_hash="other"),
    every("**/evaluation.json", split_hash="other"),
)
PROTOCOL = all_of(every("**/split.json", protocol="headroom-9"), every("**/evaluation.json", protocol="headroom-9"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (train(lr=0.2), r"row, dcq r 0\.1, but not of the same settings \(train\.lr: 0\.2 and 0\.1\)"),
        (PROTOCOL, "of protocol"),
        (SPLIT, "of split_hash"),
        (data, "of dataset hash"),
        (backbone, "of backbone"),
        (every("cost/**/*.json", machine={"processor": "Another CPU"}), "of machine"),
        (every("cost/**/*.json", conditions={"device": "another GPU"}), "of device"),
    ],
)
def test_what_cannot_stand_in_one_table_is_refused(
    session: Session, first_day: Path, change: Change, words: str
) -> None:
    place = first_day
    before = content(place)
    with pytest.raises(UserError, match=words) as caught:
        publish(session((1,), change), PUBLISHED, "here", add=True)
    message = str(caught.value)
    assert "results/default/" in message and "results/published/here/default/" in message and ".part" not in message
    assert content(place) == before and len(list(place.parent.iterdir())) == 1


def test_settings_that_shape_no_result_may_differ(session: Session, first_day: Path) -> None:
    place = publish(session((1,), train(log_every=7)), PUBLISHED, "here", add=True)
    assert len(read_summary(place / SUMMARY).runs) == 12


def test_copies_hold_what_the_records_hold_in_less_space(profile: Path) -> None:
    place = publish(profile, PUBLISHED, "here")
    for copy in [path for path in place.rglob("*.json") if path.name != SUMMARY]:
        record = profile / copy.relative_to(place)
        assert read_json(copy) == read_json(record) and copy.stat().st_size <= record.stat().st_size
    for copy in place.rglob("*.npz"):
        written, packed = replicates.read(profile / copy.relative_to(place)), replicates.read(copy)
        assert all(np.array_equal(packed[score], row) for score, row in written.items()) and len(packed) == len(written)


@pytest.mark.parametrize("rows", [{}, {"a": [0, 100_000], "b": [7, 7]}, {"a": [5, 6], "b": [0, 300]}, {"a": [5, 5]}])
def test_packed_replicates_are_read_as_they_were(tmp_path: Path, rows: dict[str, list[int]]) -> None:
    arrays = {score: np.array(row, np.int64) for score, row in rows.items()}
    replicates.pack(arrays, tmp_path / "r.npz")
    found = replicates.read(tmp_path / "r.npz")
    assert {score: row.tolist() for score, row in found.items()} == rows


def test_replicates_packed_by_an_earlier_version_are_read(tmp_path: Path) -> None:
    above = np.array([[0, 900], [7, 0]], np.uint16)
    np.savez(tmp_path / "r.npz", scores=np.array(["a", "b"]), least=np.array([80_000, 5]), above=above)
    found = replicates.read(tmp_path / "r.npz")
    assert {score: row.tolist() for score, row in found.items()} == {"a": [80_000, 80_900], "b": [12, 5]}


def test_lists_in_one_line_are_the_same_json() -> None:
    value = {
        "a": [1, 2.5],
        "b": [["x ] y", "[ z"], []],
        "h": [[1, 2], [3.5, None]],
        "c": {"d": [None, {"e": [1]}]},
        "f": "[ 1, 2 ]",
        "g": ["a b"],
    }
    text = json.dumps(value, indent=1)
    assert json.loads(tight(text)) == value and len(tight(text).splitlines()) < len(text.splitlines())


def test_weights_and_embeddings_stay_behind(profile: Path) -> None:
    run = Path(read_json(profile / SUMMARY)["runs"][0]["record"]).parent
    for name in ("model.pt", "embeddings.npy", "means.npy"):
        (run / name).write_bytes(b"large")
    place = publish(profile, PUBLISHED, "here")
    assert {path.suffix for path in place.rglob("*") if path.is_file()} == {".json", ".jsonl", ".csv", ".npz"}


def test_too_much_is_refused_and_an_earlier_publication_stays(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = publish(profile, PUBLISHED, "here")
    before = sorted(place.rglob("*"))
    monkeypatch.setattr(publishing, "LIMIT", 1000)
    with pytest.raises(UserError, match=r"MB would be published, more than .* largest file is \S+ with"):
        publish(profile, PUBLISHED, "here")
    assert sorted(place.rglob("*")) == before and len(list(place.parent.iterdir())) == 1


def test_a_profile_without_summary_or_with_an_old_one_is_refused(profile: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere/summary\.json"):
        publish(tmp_path / "nowhere", tmp_path / "published")
    edit(profile / SUMMARY, machine={**read_json(profile / SUMMARY)["machine"], "record": None})
    with pytest.raises(UserError, match="of an older version"):
        publish(profile, PUBLISHED, "here")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cpu Intel(R) Xeon(R) Processor 2 cores", "cpu-intel-xeon-2-cores"),
        ("cpu AMD EPYC 7R13 Processor 48 cores", "cpu-amd-epyc-7r13-48-cores"),
        ("NVIDIA H100 80GB HBM3", "nvidia-h100-80gb-hbm3"),
    ],
)
def test_a_machine_is_named_by_what_it_is(text: str, name: str) -> None:
    assert plain(text) == name


def test_the_command_names_the_machine_and_says_where(profile: Path) -> None:
    code = [sys.executable, "-m", "workflow.summary.publish", "--profile-dir", str(profile), "--add"]
    done = subprocess.run(code, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT), "PATH": ""}, check=False)
    assert done.returncode == 0, done.stderr
    (place,) = PUBLISHED.glob("*/default")
    assert place.parent.name.endswith("-cores") and str(place) in done.stderr
