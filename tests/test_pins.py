"""Three places name dependencies; they must agree."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
# How conda-forge spells what PyPI calls otherwise; a name missing here must be spelt alike in both.
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base", "brotli": "brotli-python"}


def pins() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    return dict(pin.split("==") for pin in direct)


def test_the_lock_holds_every_direct_pin():
    lock = dict(line.lower().split("==") for line in (ROOT / "requirements.lock").read_text().split())
    assert {name: lock.get(name) for name in pins()} == pins()


@pytest.mark.parametrize("file", [*sorted((ROOT / "workflow/envs").glob("*.yaml")), ROOT / "environment.yml"], ids=str)
def test_conda_files_use_conda_forge_and_known_names(file):
    environment = yaml.safe_load(file.read_text())
    assert environment["channels"] == ["conda-forge"] or environment["channels"] == ["conda-forge", "bioconda"]
    known = {CONDA_NAMES.get(name, name) for name in pins()} | {"python", "pip", "snakemake-minimal"}
    assert all(isinstance(spec, str) for spec in environment["dependencies"]), "a pip section is not portable"
    assert {re.split(r"[ <>=]", spec)[0] for spec in environment["dependencies"]} <= known
