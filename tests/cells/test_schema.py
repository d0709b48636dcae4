"""What is generated from the config's models is current, complete, and says the same."""

import re
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from workflow.cells import __main__ as command
from workflow.cells import schema
from workflow.cells.config import Config
from workflow.errors import UserError

DEFAULT = yaml.safe_load((schema.ROOT / "config/default.yaml").read_text())


def test_the_schema_is_current():
    assert schema.SCHEMA.read_text() == schema.schema_text(), "run `make schema` and commit what it changes"


def test_the_table_is_current():
    text = schema.README.read_text()
    assert text == schema.readme_text(text), "run `make schema` and commit what it changes"


def test_every_key_has_a_line_that_says_what_it_does():
    rows = [line.split(" | ") for line in schema.table().splitlines()[2:]]
    assert all(row[-1].strip(" |") for row in rows)
    named = {re.sub(r"[|` *]|\[\]", "", row[0]) for row in rows}
    assert {f"{section}.{key}" for section, part in DEFAULT.items() if isinstance(part, dict) for key in part} <= named
    assert {"heads.momentum", "data.open_set.test", "profile"} <= named


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"profile": "../x"},
        {"train": {"lr": 0}},
        {"train": {"stepz": 3}},
        {"train": {"device": "cuda:1"}},
        {"train": {"device": "gpu"}},
        {"loss": {"margin": "combined", "m": [1, 0.3, 0.2]}},
        {"loss": {"m": [1, 0.3]}},
        {"loss": {"margin": "arcfase"}},
        {"backbone": {"name": "timm:resnet18"}},
        {"backbone": {"name": "timm:"}},
        {"backbone": {"width": 9}},
        {"heads": []},
        {"heads": [{"head": "dcq", "ratios": [1.5]}]},
        {"data": {"name": "x", "tier": "q"}},
        {"data": {"name": "x", "tail": None}},
    ],
    ids=str,
)
def test_the_schema_accepts_what_the_models_accept(change):
    config = DEFAULT | change
    try:
        Config.parse(config)
        accepted = True
    except UserError:
        accepted = False
    validator = jsonschema.Draft202012Validator(yaml.safe_load(schema.SCHEMA.read_text()))
    assert validator.is_valid(config) == accepted


def test_the_command_writes_both(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "SCHEMA", tmp_path / "schemas/config.schema.yaml")
    monkeypatch.setattr(schema, "README", tmp_path / "README.md")
    Path(tmp_path / "README.md").write_text(f"# Before\n\n{schema.BEGIN}{schema.END}After.\n")
    monkeypatch.setattr(sys, "argv", ["python -m workflow.cells", "schema"])
    command.main()
    assert (tmp_path / "schemas/config.schema.yaml").read_text() == schema.schema_text()
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("# Before\n") and text.endswith("After.\n") and schema.table() in text
