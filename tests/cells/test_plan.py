"""Where the cells of a config lie: named by what shapes them."""

import hashlib
import itertools
from pathlib import Path

import pytest
import yaml

from tests.shipped import shipped
from workflow.cells.config import Config
from workflow.cells.data_section import Data
from workflow.cells.plan import SHAPES_NOTHING, Plan, plan
from workflow.cells.spec import fingerprint

ROOT = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((ROOT / "config/default.yaml").read_text())
PRODUCTS = {"name": "products", "source": "folder", "path": "images", "size": 112, "colour": "rgb"}


def planned(**sections: object) -> Plan:
    """The plan of the default config with some keys of some sections changed."""
    changed = {
        name: {**DEFAULT.get(name, {}), **keys} if isinstance(keys, dict) else keys for name, keys in sections.items()
    }
    return plan(Config.parse(DEFAULT | changed))


def test_every_cell_has_a_place_of_its_own():
    found = planned()
    runs, costs = found.planned_runs(), found.planned_costs()
    assert len({run.folder for run in runs}) == len(runs) == 16
    assert len({cost.record for cost in costs}) == len(costs) == 7 * (1 + 3) + 3 * 3
    assert {run.folder.rsplit("/", 2)[0] for run in runs if run.label == "fc"} == {"results/default/glyphs-s/small/fc"}
    assert all(f"/{run.label}/{run.ratio:g}/{run.seed}-" in run.folder for run in runs)
    modes = {cost.mode: cost.record for cost in costs}
    assert modes["head"].startswith("results/default/cost/head/")
    assert "/train-" in modes["end-to-end"]


TRAIN = {
    "steps": 7, "batch": 64, "lr": 0.3, "momentum": 0.5, "weight_decay": 0.1, "warmup": 0.2, "schedule": "step",
    "power": 3, "milestones": [0.4], "gamma": 0.2, "margin_ramp": 0.1, "clip": 1, "augment": "mid",
    "precision": "bf16", "accumulate": 2, "epochs": 3, "workers": 2, "device": "cpu", "threads": 2,
    "processes": 2, "nodes": 2, "curve_points": 2, "first_stage": {"share": 0.5}, "log_every": 7,
    "checkpoint_every": 7, "hung_after": 7,
}  # fmt: skip
WITH = {"nodes": {"processes": 2}}
"""what another key needs"""


def test_the_keys_of_train_are_all_tried_here():
    assert set(TRAIN) == set(type(Config.parse(DEFAULT).train).model_fields)


@pytest.mark.parametrize("key", TRAIN)
def test_a_key_of_train_moves_every_run_unless_it_shapes_nothing(key):
    heads = [{"head": "dcq"}]  # which takes them all
    first, other = planned(heads=heads), planned(heads=heads, train={key: TRAIN[key]} | WITH.get(key, {}))
    if key in SHAPES_NOTHING:
        assert list(first.runs) == list(other.runs)
        assert key == "workers" or list(first.costs) == list(other.costs)
    else:
        assert not set(first.runs) & set(other.runs)


def test_other_workers_measure_each_whole_step_anew_and_nothing_else():
    measure = {"synthetic_classes": [10_000_000], "synthetic_dim": 512}
    none, two, four = (planned(measure=measure, train={"workers": workers}) for workers in (0, 2, 4))
    heads = {record for record, spec in none.costs.items() if spec.mode == "head"}
    assert 0 < len(heads) < len(none.costs)
    for one, other in itertools.combinations((none, two, four), 2):
        assert list(one.runs) == list(other.runs) and set(one.costs) & set(other.costs) == heads


def test_the_whole_steps_of_the_default_lie_where_they_lay():
    records = sorted(record for record, spec in planned().costs.items() if spec.mode == "end-to-end")
    assert hashlib.sha256("\n".join(records).encode()).hexdigest()[:12] == "9b978ab6a262"


@pytest.mark.parametrize(
    "changed", [{"data": {"seed": 1}}, {"backbone": {"dim": 64}}, {"loss": {"m": 0.2}}, {"profile": "other"}]
)
def test_what_is_learned_and_with_what_moves_every_run(changed):
    assert not set(planned().runs) & set(planned(**changed).runs)


def test_the_split_moves_what_is_measured_on_it_and_no_head_alone():
    first, other = planned(), planned(data={"seed": 1})
    kept = set(first.costs) & set(other.costs)
    assert kept == {record for record, spec in first.costs.items() if spec.classes is not None}


def test_another_seed_or_size_moves_nothing():
    first, other = planned(), planned(seeds=[0, 1, 2], measure={"classes": [*DEFAULT["measure"]["classes"], 777]})
    assert set(first.runs) < set(other.runs) and set(first.costs) < set(other.costs)


def test_synthetic_classes_add_cells_of_their_own_and_move_none():
    first, other = planned(), planned(measure={"synthetic_classes": [10_000_000], "synthetic_dim": 512})
    assert list(first.runs) == list(other.runs) and set(first.costs) < set(other.costs)
    added = [cost for cost in other.planned_costs() if cost.record not in first.costs]
    assert len(added) == 7 and {(cost.mode, cost.classes) for cost in added} == {("synthetic", 10_000_000)}
    assert all(cost.record.startswith("results/default/cost/synthetic/") for cost in added)
    assert {other.split_of[cost.record] for cost in added} == {other.split}
    moved = planned(data={"seed": 1}, measure={"synthetic_classes": [10_000_000], "synthetic_dim": 512})
    assert not {cost.record for cost in added} & set(moved.costs), "their images are of the split"


def test_the_runs_of_the_evidence_lie_where_they_lay():
    """They take hours: a change that computes them anew must be meant, and then changes this digest."""
    folders = sorted(plan(shipped("evidence")).runs)
    assert len(folders) == 35
    assert hashlib.sha256("\n".join(folders).encode()).hexdigest()[:12] == "a4630db42e57"


def test_how_long_is_measured_moves_the_costs_and_no_run():
    first, other = planned(), planned(measure={"seconds": 1})
    assert list(first.runs) == list(other.runs) and first.machine == other.machine
    assert not set(first.costs) & set(other.costs)


@pytest.mark.parametrize(
    ("data", "split", "images"),
    [
        ({"name": "glyphs-s"}, "836a0956", "2f7943e8"),
        (PRODUCTS, "05f1cfde", "0b248f25"),
        (PRODUCTS | {"ground": "white"}, "05f1cfde", "0b248f25"),
    ],
)
def test_what_was_made_before_there_was_a_ground_keeps_its_name(data, split, images):
    parsed = Data.parse(data)
    assert (fingerprint(parsed), fingerprint(parsed.of_images())) == (split, images)
    assert Data.parse(parsed.model_dump(mode="json")).ground == "white"


def test_another_ground_is_another_set():
    black = Data.parse(PRODUCTS | {"ground": "black"})
    assert fingerprint(black) != "05f1cfde" and black.of_images()["ground"] == "black"
    assert Data.parse(black.model_dump(mode="json")) == black
