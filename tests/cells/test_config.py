"""A config is checked before anything runs, and each message names the key and the fix."""

import json
from collections import OrderedDict
from pathlib import Path

import pytest
import yaml

import heads
from workflow.cells.config import Backbone, Config
from workflow.cells.data_section import Data
from workflow.cells.head_row import HeadRow
from workflow.cells.train_section import Train
from workflow.errors import UserError

FOLDER = Path(__file__).parents[2] / "config"


@pytest.fixture
def config():
    return yaml.safe_load((FOLDER / "default.yaml").read_text())


def changed(config, path, value):
    """`config` with `value` put at `path`."""
    place = config
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return config


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_the_shipped_configs_are_valid(config, name):
    for section, value in yaml.safe_load((FOLDER / f"{name}.yaml").read_text()).items():
        config[section] = config.get(section, {}) | value if isinstance(value, dict) else value
    assert Config.parse(config).profile == name


def test_the_default_config_says_nothing_but_the_defaults(config):
    short = Config.parse({key: config[key] for key in ("profile", "data", "heads")})
    assert short == Config.parse(config)


def test_snakemake_s_ordered_mappings_are_read(config):
    assert Config.parse(json.loads(json.dumps(config), object_pairs_hook=OrderedDict)) == Config.parse(config)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("train", "stepz"), 5, "'train.stepz' is not a key of the config; did you mean 'steps'?"),
        (("train", "qqq"), 5, "'train.qqq' is not a key of the config; known here: steps, epochs, batch, lr"),
        (("data", "open_set"), {"tests": 4}, "'data.open_set.tests' is not a key of the config; did you mean 'test'?"),
        (("heads", 0, "rations"), [1], r"'heads\.0\.rations' is not a key of the config; did you mean 'ratios'?"),
        (("sedes",), [1], "'sedes' is not a key of the config; did you mean 'seeds'?"),
        (("train", "batch"), -1, "'train.batch' is -1: it must be at least 2"),
        (("train", "batch"), 2.5, "'train.batch' is 2.5, not a whole number"),
        (("train", "batch"), True, "'train.batch' is true, not a whole number"),
        (("train", "lr"), "1e-2", r"'train.lr' is \"1e-2\", which YAML reads as a text: write 1\.0e-2 or 0\.01"),
        (("train", "lr"), "0.5", r"'train.lr' is \"0.5\", which YAML reads as a text: write 0\.5 without quotes"),
        (("train", "lr"), "fast", "'train.lr' is \"fast\", not a number"),
        (("train", "lr"), float("nan"), "'train.lr' is NaN, not a finite number"),
        (("train", "schedule"), "cosin", "'train.schedule' is \"cosin\": it must be 'cosine', 'polynomial' or 'step'"),
        (("train", "precision"), "fp64", "'train.precision' is \"fp64\": it must be one of fp32, bf16, fp16"),
        (("train", "device"), "gpu", "'train.device' is \"gpu\": it must be one of auto, cpu, cuda, cuda:N"),
        (("train",), 5, "'train' is 5, not a mapping"),
        (("train", "nodes"), 2, "'train.processes' is 1, which 2 nodes cannot share evenly"),
        (("train", "processes"), 200, "'train.batch' is 256, fewer than 2 images for each of 200 processes"),
        (("heads", 1, "ratios"), [1.5], r"'heads.1.ratios.0' is 1.5, outside \(0, 1\]"),
        (("heads", 1, "ratios"), [0], r"'heads.1.ratios.0' is 0, outside \(0, 1\]"),
        (("heads", 1, "ratios"), [], r"'heads.1.ratios' is \[\]: it must hold at least 1"),
        (("heads", 1, "ratios"), [0.1, 0.1], "'heads.1.ratios': a ratio stands twice in 0.1, 0.1"),
        (("heads", 0, "head"), "fcc", "head 'fcc' does not exist: did you mean 'fc'"),
        (("heads", 0, "options"), {"centre_momentun": 1}, "did you mean 'centre_momentum'"),
        (("heads", 0, "options"), {"ratio": 1}, "'heads.0.options.ratio' is not an option of fc"),
        (("heads", 0), {"head": "triplet", "ratios": [1]}, "'heads.0.ratios': triplet takes no ratio"),
        (("heads", 0, "momentum"), 1, "'heads.0.momentum' is 1: it must be below 1"),
        (("heads", 1, "head"), "fc", "two rows of heads are called 'fc'"),
        (("loss", "margin"), "arcfase", "'loss.margin' is \"arcfase\": it must be one of .*did you mean 'arcface'"),
        (("loss", "m"), -1, "'loss.m' is -1: it must be at least 0"),
        (("loss", "m"), [1, 2], "'loss.m' must be one number, or three for the margin combined"),
        (("seeds",), [], r"'seeds' is \[\]: it must hold at least 1"),
        (("seeds",), [1, 2, 1], "'seeds': 1 stands there twice"),
        (("measure", "classes"), [10, 10], "'measure.classes': 10 stands there twice"),
        (("backbone", "name"), "resnet9", "'backbone.name' is \"resnet9\": it must be one of .*timm:MODEL"),
        (("backbone", "width"), 9, "'backbone.width' is 9: it must be a multiple of 4"),
        (("profile",), "../x", "'profile' is \"../x\": begin with a letter or digit"),
        (
            ("data",),
            {"name": "mine", "source": "folder", "path": "/nowhere/at/all"},
            "'data.path': /nowhere/at/all is not",
        ),
        (("data",), {"name": "mine", "source": "folder"}, "'data.path': it must name the directory"),
    ],
)
def test_a_wrong_key_is_named(config, path, value, message):
    with pytest.raises(UserError, match=message):
        Config.parse(changed(config, path, value))


@pytest.mark.parametrize("path", [("profile",), ("data",), ("data", "name"), ("heads",), ("heads", 2, "head")])
def test_a_missing_key_is_named_once(config, path):
    place = config
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    with pytest.raises(UserError) as raised:
        Config.parse(config)
    assert str(raised.value) == f"the config cannot be run: '{'.'.join(map(str, path))}' is missing"


def test_all_problems_are_named_at_once_and_in_order(config):
    config["train"] |= {"stepz": 5, "batch": -1}
    config["heads"] = [{"head": "fc"}, {"head": "fc"}, {"head": "dqc"}, {"head": "dcq", "options": {"x": 1, "y": 2}}]
    config["data"] = {"name": "mine", "source": "folder", "path": "/nowhere", "size": 4}
    with pytest.raises(UserError) as raised:
        Config.parse(config)
    first, *lines = str(raised.value).splitlines()
    assert first == "the config cannot be run:" and lines == sorted(lines)
    for part in (
        "stepz",
        "train.batch",
        "'fc'",
        "dqc",
        "options.x' is not",
        "options.y' is not",
        "/nowhere",
        "data.size",
    ):
        assert sum(part in line for line in lines) == 1, part


def test_a_broken_head_file_does_not_hide_the_others(config, tmp_path, monkeypatch):
    for name in ("fc", "dcq"):
        (tmp_path / f"{name}.py").write_text((heads.FOLDER / f"{name}.py").read_text())
    (tmp_path / "torn.py").write_text("class Head(:\n")
    (tmp_path / "empty.py").write_text("")
    monkeypatch.setattr(heads, "FOLDER", tmp_path)
    config["heads"] = [{"head": "torn"}, {"head": "fc", "options": {"x": 1}}, {"head": "empty"}, {"head": "dcq"}]
    with pytest.raises(UserError) as raised:
        Config.parse(config)
    lines = str(raised.value).splitlines()[1:]
    assert len(lines) == 3
    assert "heads.0.head" in lines[0] and "torn.py" in lines[0]
    assert "'heads.1.options.x' is not an option of fc" in lines[1]
    assert "heads/empty.py has no class named Head" in lines[2]


def test_what_is_written_as_an_integer_stays_one(config):
    read = Config.parse(changed(config, ("train", "warmup"), 0))
    assert json.dumps([read.loss.scale, read.train.clip, read.train.power, read.train.warmup]) == "[32, 5, 2, 0]"
    assert '"scale":32}' in read.loss.model_dump_json() and '"warmup":0,' in read.train.model_dump_json()
    combined = Config.parse(changed(config, ("loss",), {"margin": "combined", "m": [1, 0.3, 0.2]})).loss
    assert json.dumps(combined.m) == "[1, 0.3, 0.2]"


def test_rows_are_called_by_their_label_or_their_head():
    assert HeadRow(head="f2c").name == "f2c"
    assert HeadRow(head="f2c", label="f2c_pairs").name == "f2c_pairs"


def test_a_section_alone_is_checked_alike():
    with pytest.raises(UserError, match=r"^'data.size' is 4: it must be at least 8; 'data.tire' is not a key"):
        Data.parse({"name": "x", "size": 4, "tire": "s"}, "data")
    assert Train.parse({}) == Train()


def test_a_folder_that_lies_on_another_machine_is_only_refused_in_a_whole_config():
    assert Data.parse({"name": "x", "source": "folder", "path": "/nowhere"}, "data").path == "/nowhere"


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"stepz": 3}, r"'heads.0.train.stepz' is not a key of the config; did you mean 'steps'\?"),
        ({"steps": 0}, r"'heads.0.train.steps' is 0: it must be at least 1"),
        ({"threads": 2, "device": "cpu"}, "'heads.0.train': device, threads: the same for all rows, set it in the"),
    ],
)
def test_what_a_row_may_not_train_with_is_refused(config, own, message):
    with pytest.raises(UserError, match=message):
        Config.parse(config | {"heads": [{"head": "fc", "train": own}]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "--backbone is not valid JSON: "),
        ("[" * 100_000, "--backbone is not valid JSON: "),
        ("[]", "'backbone' is [], not a mapping of names to values"),
        ("null", "'backbone' is null, not a mapping of names to values"),
        ('{"dim": "x"}', "'backbone.dim' is \"x\", not a whole number"),
    ],
)
def test_a_section_on_a_command_line_is_one_or_is_refused_in_a_sentence(text, said):
    with pytest.raises(UserError) as raised:
        Backbone.parse_argument("--backbone", text, "backbone")
    assert str(raised.value).startswith(said)
