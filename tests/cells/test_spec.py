"""A specification says all that one cell needs, nothing of the others, and always in the same words."""

import copy
import json
import re
from pathlib import Path

import pytest
import yaml

from workflow.cells.config import Config
from workflow.cells.cost_specs import cost_specs
from workflow.cells.spec import CostSpec, RunSpec, SyntheticSpec, fingerprint, run_specs
from workflow.errors import UserError

DEFAULT = yaml.safe_load((Path(__file__).parents[2] / "config/default.yaml").read_text())


@pytest.fixture
def mapping():
    return copy.deepcopy(DEFAULT)


def test_cells_are_seed_major(mapping):
    specs = run_specs(Config.parse(mapping))
    assert [spec.cell.seed for spec in specs] == sorted(spec.cell.seed for spec in specs)
    assert specs[1].cell.model_dump() == {
        "profile": "default",
        "dataset": "glyphs-s",
        "backbone": "small",
        "label": "partial_fc",
        "head": "partial_fc",
        "ratio": 0.1,
        "seed": 0,
        "role": "row",
    }
    assert len(specs) == 16


def test_every_head_gets_the_same_loss(mapping):
    options = [spec.options for spec in run_specs(Config.parse(mapping))]
    assert {(o["margin"], o["m"], o["scale"]) for o in options} == {("cosface", 0.3, 32)}
    assert all(re.search('"scale":32[,}]', spec.as_json()) for spec in run_specs(Config.parse(mapping)))


def test_a_row_s_own_options_and_momentum_come_before_the_shared_ones(mapping):
    mapping["heads"] = [{"head": "dcq", "ratios": [0.1], "momentum": 0.99, "options": {"scale": 16}}]
    (spec, *_) = run_specs(Config.parse(mapping))
    assert spec.momentum == 0.99 and spec.options == {"margin": "cosface", "m": 0.3, "scale": 16}


def test_a_cells_spec_does_not_depend_on_other_cells(mapping):
    other = copy.deepcopy(mapping)
    other["heads"].append({"head": "dcq", "label": "more"})
    other["seeds"].append(7)
    other["evaluate"]["distractors"] = [5]
    other["measure"]["classes"].append(7)
    for specs in (run_specs, cost_specs):
        before, after = ({spec.as_json() for spec in specs(Config.parse(one))} for one in (mapping, other))
        assert before < after


def test_cost_cells_are_each_head_end_to_end_and_alone_at_every_size(mapping):
    specs = cost_specs(Config.parse(mapping))
    rows, plain = specs[:28], specs[28:]
    assert [spec.classes for spec in rows] == [None, 10000, 100000, 1000000] * 7
    assert [spec.classes for spec in plain] == [10000, 100000, 1000000] * 3
    assert [(spec.cell.label, spec.cell.ratio) for spec in plain[::3]] == [
        ("plain_fc", 1),
        ("plain_partial_fc", 0.1),
        ("plain_partial_fc", 0.3),
    ]
    assert {spec.cell.head for spec in plain} == {"plain_fc", "plain_partial_fc"}
    assert all(spec.options == {"margin": "cosface", "m": 0.3, "scale": 32} for spec in plain)
    assert [(spec.cell.label, spec.cell.ratio) for spec in rows[::4]] == [
        ("dcq", 0.1),
        ("dcq", 0.3),
        ("f2c_dual", 0.1),
        ("f2c_pairs", 0.1),
        ("fc", 1),
        ("partial_fc", 0.1),
        ("partial_fc", 0.3),
    ]
    assert {spec.cell.seed for spec in specs} == {0}


def test_synthetic_cells_have_a_dimension_of_their_own_and_move_no_other(mapping):
    before = [spec.as_json() for spec in cost_specs(Config.parse(mapping))]
    mapping["measure"] |= {"synthetic_classes": [30_000, 10_000_000], "synthetic_dim": 512}
    mapping["heads"][0]["measured"] = False
    mapping["heads"].append({"head": "fc", "label": "own"})
    specs = cost_specs(Config.parse(mapping))
    found = [spec for spec in specs if isinstance(spec, SyntheticSpec)]
    assert [spec.classes for spec in found] == [30_000, 10_000_000] * 7
    assert {spec.mode for spec in found} == {"synthetic"} and {spec.backbone.dim for spec in found} == {512}
    assert {spec.cell.label for spec in found} == {"own", "partial_fc", "dcq", "f2c_dual", "f2c_pairs"}
    others = [spec for spec in specs if spec.mode != "synthetic" and spec.cell.label not in ("fc", "own")]
    assert [spec.as_json() for spec in others] == [text for text in before if '"label":"fc"' not in text]
    mapping["measure"]["synthetic_dim"] = None
    assert {spec.backbone.dim for spec in cost_specs(Config.parse(mapping))} == {128}


def test_plain_references_can_be_left_out_and_do_not_wait_for_their_heads(mapping):
    mapping["heads"], mapping["measure"]["references"] = [{"head": "dcq"}], ["plain_partial_fc"]
    plain = [spec.cell for spec in cost_specs(Config.parse(mapping)) if spec.cell.label != "dcq"]
    assert {(cell.label, cell.ratio) for cell in plain} == {("plain_partial_fc", 0.1)}
    mapping["measure"]["references"] = []
    assert {spec.cell.label for spec in cost_specs(Config.parse(mapping))} == {"dcq"}


def test_a_row_that_is_not_measured_is_trained_all_the_same(mapping):
    mapping["measure"]["references"] = []
    mapping["heads"] = [{"head": "fc"}, {"head": "dcq", "measured": False}]
    config = Config.parse(mapping)
    assert {spec.cell.label for spec in cost_specs(config)} == {"fc"}
    assert {spec.cell.label for spec in run_specs(config)} == {"fc", "dcq"}


def test_a_row_s_own_keys_of_train_stand_over_the_shared_ones(mapping):
    mapping["heads"] = [{"head": "fc"}, {"head": "fc", "label": "long", "train": {"steps": 1200, "lr": 0.2}}]
    (shared, *_), (own, *_) = (
        [spec for spec in run_specs(Config.parse(mapping)) if spec.cell.label == label] for label in ("fc", "long")
    )
    assert (shared.train.steps, shared.train.lr) == (600, 0.1) and (own.train.steps, own.train.lr) == (1200, 0.2)
    assert own.train.model_copy(update={"steps": 600, "lr": 0.1}) == shared.train
    assert (shared.origins, own.origins) == ({}, {"lr": "row", "steps": "row"})


def test_a_specification_says_what_its_row_decides(mapping):
    mapping["heads"] = [{"head": "dcq", "momentum": 0.99, "options": {"scale": 16}}]
    (spec, *_) = run_specs(Config.parse(mapping))
    assert spec.origins == {"scale": "row", "twin momentum": "row"}


@pytest.mark.parametrize("specs", [run_specs, cost_specs])
def test_a_spec_survives_its_text(mapping, specs):
    for spec in specs(Config.parse(mapping)):
        again = type(spec).parse(spec.as_json())
        assert again == spec and again.as_json() == spec.as_json()


def test_the_text_does_not_depend_on_the_order_of_the_config(mapping):
    shuffled = {key: dict(reversed(part.items())) if isinstance(part, dict) else part for key, part in mapping.items()}
    shuffled = dict(reversed(shuffled.items()))
    assert [s.as_json() for s in run_specs(Config.parse(shuffled))] == [
        s.as_json() for s in run_specs(Config.parse(mapping))
    ]


def test_specs_of_old_say_head_for_options(mapping):
    spec = cost_specs(Config.parse(mapping))[0]
    old = json.loads(spec.as_json())
    old["head"] = old.pop("options")
    old["measure"]["classes"] = DEFAULT["measure"]["classes"]
    del old["momentum"], old["backbone"]["width"], old["classes"]
    assert CostSpec.parse(json.dumps(old)) == spec
    assert RunSpec.parse(json.dumps(old)).options == spec.options


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": None}, "--spec cannot be used: 'cell' is null, not a mapping"),
        ({"train": {"stepz": 1}}, "'train.stepz' is not a key of the config; did you mean 'steps'"),
        ({"options": 3}, "'options' is 3, not a mapping"),
    ],
)
def test_what_is_wrong_with_a_spec_is_named(mapping, change, message):
    text = json.loads(run_specs(Config.parse(mapping))[0].as_json()) | change
    with pytest.raises(UserError, match=message):
        RunSpec.parse(json.dumps(text))


def test_a_spec_that_lacks_something_or_is_no_json_is_refused():
    with pytest.raises(UserError, match="'backbone' is missing; 'cell' is missing; 'options' is missing; 'train' is"):
        RunSpec.parse("{}")
    with pytest.raises(UserError, match="--spec is not valid JSON"):
        RunSpec.parse("{")


def test_a_fingerprint_names_content(mapping):
    config = Config.parse(mapping)
    first = fingerprint(config.data, "x")
    assert len(first) == 8 and int(first, 16) >= 0
    mapping["data"] = dict(reversed(mapping["data"].items()))
    assert fingerprint(Config.parse(mapping).data, "x") == first
    mapping["data"]["seed"] = 1
    assert len({first, fingerprint(config.data, "y"), fingerprint(Config.parse(mapping).data, "x")}) == 3
