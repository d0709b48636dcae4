"""A set in each format trains end to end on tiny data and is scored on a .bin; so do the papers' recipes."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.data.sets import FORMS, SIZE, as_records, photos
from tests.evaluating.test_sets import write_bin
from workflow.cells.config import Config
from workflow.cells.paths import SETS
from workflow.cells.records import EvaluationRecord, RunRecord
from workflow.cells.spec import RunSpec, run_specs
from workflow.data.build import build
from workflow.data.split import make_split
from workflow.data.store import open_dataset
from workflow.devices import pick_device
from workflow.errors import UserError
from workflow.evaluating.embed import embed_cell
from workflow.evaluating.record import evaluate_cell
from workflow.evaluating.scores import curve_scores
from workflow.training.cell import Cell
from workflow.training.run import run

ROOT = Path(__file__).parents[2]
CLASSES, IMAGES = 14, 4
TINY = {
    "data": {"size": SIZE, "colour": "rgb", "pairs": {"validation": 10, "test": 10}, "distractors": 2},
    "backbone": {"name": "small", "dim": 8, "width": 8},
    "heads": [{"head": "fc"}],
    "seeds": [0],
    "train": {"epochs": 1, "batch": 8, "curve_points": 1, "device": "cpu"},
    "evaluate": {"distractors": [], "baselines": []},
}


def config_of(changes: dict, *files: str) -> Config:
    """The default config with files of config/ and then `changes` on top, section by section."""
    found: dict = {}
    layers = [yaml.safe_load((ROOT / "config" / name).read_text(encoding="utf-8")) for name in ("default.yaml", *files)]
    for layer in (*layers, changes):
        for key, value in layer.items():
            old = found.get(key)
            found[key] = old | value if isinstance(value, dict) and isinstance(old, dict) else value
    return Config.parse(found)


def trained(folder: Path, config: Config) -> tuple[RunSpec, RunRecord, EvaluationRecord]:
    """The first cell of a config from its sources to its scores, as the rules do it."""
    build(config.data, folder / "set", folder, 1)
    dataset, (spec, *_) = folder / "set", run_specs(config)
    split = make_split(open_dataset(dataset), config.data, folder / "split.npz")
    assert split.record.counts["train_images"]
    record = run(Cell(spec, dataset, folder / "split.npz", folder / "cell", curve_scores))
    assert record.outcome == "ok", record.reason
    embed_cell(folder / "cell", dataset, folder / "split.npz", pick_device("cpu"), config.evaluate)
    evaluate_cell(folder / "cell", folder / "split.npz", config.evaluate.distractors, config.evaluate.sets_in_full)
    return spec, record, EvaluationRecord.read(folder / "cell/evaluation.json")


@pytest.mark.parametrize("form", [form for form in FORMS if form != "folder"])
def test_a_set_in_any_format_trains_and_is_scored_on_a_bin(tmp_path, form):
    keys = FORMS[form](tmp_path / "in", photos(CLASSES, IMAGES))
    sets = {"sets": [str(write_bin(tmp_path / "lfw.bin"))], "flip": form == "records"}
    data = {"name": "set", "store": "encoded" if form in ("records", "list") else "auto", **TINY["data"], **keys}
    config = config_of(TINY | {"data": data, "evaluate": TINY["evaluate"] | sets})
    _, record, evaluation = trained(tmp_path, config)
    images = int(np.load(tmp_path / "split.npz")["shots"].sum())
    assert record.planned_steps == record.steps == round(images / 8)
    assert 0 <= evaluation.test["sets/lfw/accuracy"] <= 1 and 0 <= evaluation.test["sets/lfw/auc"] <= 1
    assert "sets/lfw/accuracy" not in evaluation.validation and (tmp_path / "cell" / SETS).exists()


def test_a_test_set_of_its_own_splits_no_class_off(tmp_path):
    train = as_records(tmp_path / "in", photos(CLASSES, IMAGES))
    test = as_records(tmp_path / "test", photos(CLASSES, IMAGES, seed=1))
    data = {"name": "set", **TINY["data"], **train, "test": test, "distractors": None}
    _, record, evaluation = trained(tmp_path, config_of(TINY | {"data": data}))
    assert record.outcome == "ok" and evaluation.test["identification/rank1"] is not None
    assert len(np.load(tmp_path / "split.npz")["shots"]) == CLASSES


@pytest.mark.parametrize("name", ["partial_fc", "dcq", "f2c"])
def test_a_papers_recipe_trains_a_few_steps(tmp_path, name):
    """Its head, loss, schedule and data section, on a machine and a set of a test's size."""
    keys = as_records(tmp_path / "in", photos(20, 4, side=SIZE))
    whole = yaml.safe_load((ROOT / f"config/papers/{name}.yaml").read_text(encoding="utf-8"))
    small = {
        "data": {
            "path": keys["path"],
            "size": SIZE,
            "open_set": {"validation": 2, "test": 4},
            "pairs": TINY["data"]["pairs"],
        },
        "backbone": TINY["backbone"],
        "heads": [whole["heads"][0] | {"ratios": [0.9]}],  # of so few classes a tenth is less than a batch
        "train": {"epochs": 0.5, "batch": 12, "device": "cpu", "processes": 1, "workers": 0, "precision": "fp32"},
        "evaluate": {"sets": [str(write_bin(tmp_path / "agedb_30.bin"))]},
    }
    config = config_of(small, f"papers/{name}.yaml")
    spec, record, evaluation = trained(tmp_path, config)
    assert spec.options["scale"] == whole["loss"]["scale"] and spec.momentum == whole["heads"][0].get("momentum")
    assert record.steps == record.planned_steps >= 2
    assert evaluation.test["sets/agedb_30/accuracy"] is not None


@pytest.mark.parametrize("name", ["partial_fc", "dcq", "f2c"])
def test_a_recipe_asks_for_its_files(name):
    with pytest.raises(UserError, match=r"'data\.path': it must name the \.rec, as data\.source is records"):
        config_of({}, f"papers/{name}.yaml")
