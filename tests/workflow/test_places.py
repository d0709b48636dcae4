"""Another setting is another place: what was computed stays, and is found again when the setting returns."""

import pytest

from tests.workflow.conftest import Project
from tests.workflow.test_dag import COUNTS, HEADS, PER_CELL, PLANNED, QUICK

STEPS = {"cost_end_to_end": HEADS, "cost_synthetic": HEADS}
COSTS = STEPS | {"cost_head": COUNTS["cost_head"]}
BASELINES = {"baseline": COUNTS["baseline"]}
TRAINING = {name: HEADS * count for name, count in PER_CELL.items()}


def made(project: Project) -> dict[str, int]:
    """Every computed file and when it was written."""
    folders = (project.folder / "results", project.folder / "data")
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path): path.stat().st_mtime_ns for path in files}


@pytest.fixture
def config(finished):
    """The quick config of the finished project."""
    return finished.folder / "config/quick.yaml"


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (("train: {", "train: {lr: 0.2, "), TRAINING | COSTS),
        (("seeds:", "loss: {scale: 16}\nseeds:"), TRAINING | COSTS),
        (("tier: xs", "tier: xs, classes: 7"), TRAINING | BASELINES | STEPS | {"split": 1, "fits": 1}),
        (("tier: xs", "tier: xs, size: 24"), TRAINING | BASELINES | STEPS | {"dataset": 1, "split": 1, "fits": 1}),
        (("measure: {", "measure: {power_seconds: 1, "), COSTS),
        (("measure: {", "measure: {threads: 2, "), COSTS | {"machine": 1}),
    ],
    ids=["train", "loss", "split", "images", "measure", "machine"],
)
def test_another_setting_is_computed_beside_the_first(finished, config, stages, change, again):
    before, first = config.read_text(), made(finished)
    assert change[0] in before
    config.write_text(before.replace(*change))
    assert {name: count for name, count in finished.planned(*QUICK).items() if name not in PLANNED} == again
    result = finished.snakemake(*QUICK, path=stages)
    assert result.returncode == 0, result.stdout + result.stderr
    rewritten = {path for path, time in first.items() if made(finished).get(path) != time}
    assert not [path for path in rewritten if "/data/" in path]
    assert all(path.startswith(str(finished.folder / "results/quick")) for path in rewritten)
    assert not [path for path in rewritten if "/cost/" in path or "/glyphs" in path or "/machine" in path], rewritten
    config.write_text(before)
    assert finished.planned(*QUICK).keys() <= PLANNED.keys(), "the first setting's cells are found again"


@pytest.mark.parametrize("change", ["processes: 2", "checkpoint_every: 5", "log_every: 3"])
def test_how_a_run_is_carried_out_computes_nothing_again(finished, config, change):
    before = config.read_text().replace(", log_every: 10", "")
    config.write_text(before.replace("train: {", f"train: {{{change}, "))
    assert config.read_text() != before
    assert not finished.planned(*QUICK)


def test_two_configs_of_one_profile_do_not_clash(finished, config, stages):
    other = config.with_name("other.yaml")
    other.write_text(config.read_text().replace("train: {", "train: {lr: 0.2, "))
    assert finished.snakemake("--configfile", str(other), path=stages).returncode == 0
    for file in (config, other, config):
        assert finished.planned("--configfile", str(file)).keys() <= PLANNED.keys()


def test_a_further_size_is_measured_alone(finished, config):
    config.write_text(config.read_text().replace("classes: [10000]", "classes: [10000, 20000]"))
    planned = finished.planned(*QUICK)
    assert {name: planned[name] for name in planned if name not in PLANNED} == {"cost_head": COUNTS["cost_head"]}
