"""A config is checked before anything runs, and each message names the key and the fix."""

import copy

import pytest
import yaml

from workflow import settings as plan
from workflow.errors import UserError


@pytest.fixture
def config():
    return yaml.safe_load((plan.SCHEMA.parent / "default.yaml").read_text())


@pytest.mark.parametrize("name", ["default", "quick", "gpu"])
def test_the_shipped_configs_are_valid(config, name):
    for section, value in yaml.safe_load((plan.SCHEMA.parent / f"{name}.yaml").read_text()).items():
        config[section] = config[section] | value if isinstance(value, dict) else value
    plan.check(config)
    assert plan.cells(config)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("train", "stepz"), 5, "'train.stepz' is not a setting; did you mean 'steps'?"),
        (("train", "batch"), -1, "'train.batch'"),
        (("train", "processes"), 200, "'train.batch' is 256, fewer than 2 images for each of 200 processes"),
        (("heads", 1, "ratios"), [1.5], r"'heads.1.ratios.0' is 1.5, outside \(0, 1\]"),
        (("heads", 1, "ratios"), [0], r"'heads.1.ratios.0' is 0, outside \(0, 1\]"),
        (("heads", 0, "head"), "fcc", "head 'fcc' does not exist: did you mean 'fc'"),
        (("heads", 0, "options"), {"centre_momentun": 1}, "did you mean 'centre_momentum'"),
        (("heads", 0, "options"), {"ratio": 1}, "'ratio' is not an option of fc"),
        (("heads", 1, "head"), "fc", "two rows of heads are called 'fc'"),
        (("loss", "margin"), "arcfase", "'loss.margin'"),
        (("seeds",), [], "'seeds'"),
        (("backbone", "name"), "resnet9", "'backbone.name'"),
        (
            ("data",),
            {"name": "mine", "source": "folder", "path": "/nowhere/at/all"},
            "'data.path': /nowhere/at/all is not",
        ),
    ],
)
def test_a_wrong_key_is_named(config, path, value, message):
    place = config
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(UserError, match=message):
        plan.check(config)


def test_cells_are_seed_major_and_ratios_are_text(config):
    cells = plan.cells(config)
    assert [cell["seed"] for cell in cells] == sorted(cell["seed"] for cell in cells)
    assert cells[1] == {"label": "partial_fc", "head": "partial_fc", "ratio": "0.1", "seed": 0}
    assert len(cells) == 14


def test_every_head_gets_the_same_loss(config):
    options = [plan.head_options(config, name) for name in plan.head_rows(config)]
    assert {(o["margin"], o["m"], o["scale"]) for o in options} == {("cosface", 0.3, 32)}


def test_a_cells_spec_does_not_depend_on_other_cells(config):
    other = copy.deepcopy(config)
    other["heads"].append({"head": "dcq", "label": "more"})
    other["seeds"].append(7)
    other["evaluate"]["distractors"] = [5]
    assert plan.cell_spec(config, "f2c", "0.1", 0) == plan.cell_spec(other, "f2c", "0.1", 0)
