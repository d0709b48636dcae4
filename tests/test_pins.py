"""Three places name dependencies; they must agree."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from workflow.cells.code import PACKAGES, all_imports, closure
from workflow.checkout import pinned

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


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Of each package that a lock file pins: its version and the number of its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)==(\S+)[^\n]*\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.MULTILINE)
    assert len(found) == len(re.findall("==", re.sub("(?m) ;.*", "", text))), f"{name}: a pin has no hash"
    return {package.lower(): (version, hashes.count("--hash")) for package, version, hashes in found}


def test_the_lock_holds_every_direct_pin():
    lock = locked("requirements.lock")
    assert {name: lock[name][0] for name in pins()} == pins()
    assert pinned() == {name: version for name, (version, _) in lock.items()}


def test_the_lock_holds_the_wheels_of_every_platform():
    lock = locked("requirements.lock")
    assert "colorama" in lock, "of Windows alone"
    assert all(lock[name][1] > 15 for name in ("torch", "numpy", "scipy", "pandas", "pillow"))
    assert not [name for name in lock if name.startswith(("nvidia-c", "cuda"))], (
        "only torch's build for CUDA needs them"
    )


def test_both_builds_of_torch_are_locked():
    assert locked("requirements-cpu.lock") == {"torch": (pins()["torch"] + "+cpu", 1)}
    assert {"nvidia-cublas", "triton"} < set(locked("requirements-cuda.lock"))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-cpu.lock", "requirements-cuda.lock"])
def test_a_lock_names_no_index(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text and "index" not in text and "find-links" not in text


def test_what_make_installs_has_its_hashes_checked():
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    installed = [line for line in lines if "pip install" in line and "uv==" not in line]
    assert len(installed) == 1 and installed[0].startswith("LOCKED :=") and "--require-hashes" in installed[0]


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
    by_hand = {"workflow.cells", "workflow.planner"}
    stages = {f"workflow.{path.parent.name}" for path in ROOT.glob("workflow/*/__main__.py")} - by_hand
    assert {stage for _, stage, _ in needs()} == stages
