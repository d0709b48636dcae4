"""What is computed is listed with the configs that name it; only what none names is removed."""

import fcntl
import json
import sys
from pathlib import Path

import pytest
import yaml

from workflow.cells import __main__ as command
from workflow.cells.computed import computed, config_files, in_use, named, read_config
from workflow.cells.plan import plan
from workflow.errors import UserError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A folder with two configs of the profile quick, that differ in one setting of training, and what they name."""
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    for name in ("default", "quick"):
        Path(f"config/{name}.yaml").write_text((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8"))
    quick = yaml.safe_load(Path("config/quick.yaml").read_text())
    Path("config/slow.yaml").write_text(yaml.safe_dump(quick | {"train": quick["train"] | {"lr": 0.3}}))
    for name in ("quick", "slow"):
        fill(Path(f"config/{name}.yaml"))
    return tmp_path


def fill(config: Path) -> None:
    """Make all that a config names, with some content."""
    for path in named(plan(read_config(config))):
        if path.suffix:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}")
        else:
            path.mkdir(parents=True, exist_ok=True)
            (path / "run.json").write_text(json.dumps({"outcome": "ok", "steps": 60, "planned_steps": 60}))


def files() -> set[Path]:
    return {path for path in Path().rglob("*") if path.is_file() and path.parts[0] != "config"}


def run(monkeypatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["cells", *arguments])
    command.main()


def test_every_place_is_listed_with_the_configs_that_name_it(project, monkeypatch, capsys):
    found = {str(place.path): place.configs for place in computed(config_files())}
    plans = [set(map(str, named(plan(read_config(Path(f"config/{name}.yaml")))))) for name in ("quick", "slow")]
    assert found.keys() == plans[0] | plans[1] and len(plans[0] - plans[1]) == 18, "of all but the data and the rates"
    for path, configs in found.items():
        assert configs == tuple(
            f"config/{name}.yaml" for name, own in zip(("quick", "slow"), plans, strict=True) if path in own
        )
    run(monkeypatch, "list")
    said = capsys.readouterr().out
    assert said.count("ok, 60 of 60 steps; config/quick.yaml\n") == 4
    assert f"{len(found)} places" in said and "0 of them, 0 B, are named by no config." in said


def test_only_what_no_config_names_is_removed(project, monkeypatch, capsys):
    Path("config/slow.yaml").rename("slow.yaml")
    before, kept = files(), set(named(plan(read_config(Path("config/quick.yaml")))))
    run(monkeypatch, "prune", "--yes")
    gone = before - files()
    assert gone and not [path for path in gone if kept & {path, *path.parents}]
    assert set(named(plan(read_config(Path("config/quick.yaml"))))) == {path for path in kept if path.exists()}
    assert not [path for path in Path("results").rglob("*") if path.is_dir() and not any(path.iterdir())]
    assert capsys.readouterr().out.endswith("are named by no config.\nRemoved.\n")
    again = files()
    run(monkeypatch, "prune", "--yes")
    assert files() == again
    run(monkeypatch, "prune", "--yes", "--configfile", "slow.yaml")
    assert len(files()) < len(again), "of the configs that are given"


def test_other_profiles_and_what_they_rest_on_are_left_alone(project, monkeypatch, capsys):
    data = Path("data/glyphs-zz-0123abcd")
    data.mkdir()
    (data / "manifest.json").write_text('{"hash": "zz"}')
    split = Path("results/mine/zz/split-01234567.json")
    split.parent.mkdir(parents=True)
    split.write_text('{"dataset_hash": "zz"}')
    published = Path("results/published/here/zz/split-01234567.json")
    published.parent.mkdir(parents=True)
    published.write_text("{}")
    before = files()
    run(monkeypatch, "prune", "--yes")
    assert files() == before
    run(monkeypatch, "list")
    said = capsys.readouterr().out
    assert "results/mine is of a profile that none of these configs has" in said and "published" not in said
    split.unlink()
    run(monkeypatch, "prune", "--yes")
    assert not data.exists(), "no profile needs it"


def test_nothing_is_removed_unasked(project, monkeypatch):
    Path("config/slow.yaml").unlink()
    before = files()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(UserError, match="say --yes"):
        run(monkeypatch, "prune")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "")
    run(monkeypatch, "prune")
    assert files() == before


def test_nothing_is_removed_while_something_runs(project, monkeypatch):
    Path("config/slow.yaml").unlink()
    before = files()
    locks = Path(".snakemake/locks")
    locks.mkdir(parents=True)
    (locks / "0.input.lock").touch()
    with pytest.raises(UserError, match="snakemake runs in this folder"):
        run(monkeypatch, "prune", "--yes")
    (locks / "0.input.lock").unlink()
    folder = next(place.path for place in computed(config_files()) if not place.configs and place.path.is_dir())
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert in_use(folder)
        with pytest.raises(UserError, match="a cell is being trained in"):
            run(monkeypatch, "prune", "--yes")
    assert not in_use(folder) and files() >= before


def test_a_config_that_cannot_be_run_removes_nothing(project, monkeypatch):
    Path("config/slow.yaml").write_text("profile: quick\nsteps: 3\n")
    before = files()
    with pytest.raises(UserError, match=r"config/slow\.yaml: .*'steps' is not a key of the config"):
        run(monkeypatch, "prune", "--yes")
    for text in ("a: [", "profile: quick\nprofile: quick\n", "- a"):
        Path("config/slow.yaml").write_text(text)
        with pytest.raises(UserError, match=r"config/slow\.yaml"):
            run(monkeypatch, "prune", "--yes")
    assert files() == before


def test_configs_of_this_checkout_all_count(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert {path.stem for path in config_files()} >= {"default", "quick", "gpu", "evidence", "ablations", "tuned"}
    assert all(read_config(path).profile for path in config_files())
