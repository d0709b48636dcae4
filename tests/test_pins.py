"""Three places name dependencies; they must agree."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from workflow.cells.code import PACKAGES, all_imports, closure

ROOT = Path(__file__).parent.parent
# How conda-forge spells what PyPI calls otherwise; a name missing here must be spelt alike in both.
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base", "brotli": "brotli-python"}
# What provides a module, where it is not called so.
DISTRIBUTIONS = {"PIL": "pillow", "yaml": "pyyaml", "fontTools": "fonttools", "pynvml": "nvidia-ml-py"}
DISTRIBUTIONS |= {"faiss": "faiss-cpu", "pydantic_core": "pydantic", "markupsafe": "jinja2"}
OPTIONAL = {"timm"}  # asked for by name in the config; the message says how to get it

# Imported in functions that these stages do not call: heads.make, and the versions of what happens to be installed.
NOT_CALLED = {"workflow.data": {"torch"}, "workflow.summary": {"torch"}, "workflow.reporting": {"torch"}}


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


def needs() -> set[tuple[str, str, str]]:
    """Of every rule: its name, its stage and its environment."""
    return {
        (rule.split(":")[0], stage, environment)
        for file in sorted((ROOT / "workflow/rules").glob("*.smk"))
        for rule in re.split(r"^rule ", file.read_text(), flags=re.MULTILINE)[1:]
        for environment in re.findall(r"\.\./envs/([\w-]+\.yaml)", rule)
        for stage in re.findall(r"-m (workflow\.\w+)", rule)
    }


def imported(stage: str) -> set[str]:
    """Distributions that a stage's code imports, where it makes heads also those of all heads."""
    files = closure(ROOT, [stage])
    if stage in ("workflow.training", "workflow.measuring"):
        files += sorted((ROOT / "heads").glob("[!_]*.py"))
    names = {name.split(".")[0] for file in files for name in all_imports(file, ROOT)}
    outside = names - set(sys.stdlib_module_names) - set(PACKAGES) - OPTIONAL - NOT_CALLED.get(stage, set())
    return {DISTRIBUTIONS.get(name, name) for name in outside}


@pytest.mark.parametrize(("rule", "stage", "environment"), sorted(needs()))
def test_every_rules_environment_names_all_that_its_code_imports(rule, stage, environment):
    named = yaml.safe_load((ROOT / "workflow/envs" / environment).read_text())["dependencies"]
    wanted = {CONDA_NAMES.get(name, name) for name in imported(stage)}
    assert wanted <= {re.split(r"[ <>=]", spec)[0] for spec in named}


def test_every_stage_is_in_a_rule():
    stages = {f"workflow.{path.parent.name}" for path in ROOT.glob("workflow/*/__main__.py")} - {"workflow.cells"}
    assert {stage for _, stage, _ in needs()} == stages
