"""What a stage is made of, read from its imports."""

from pathlib import Path

import pytest

from workflow.cells.code import closure

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    """A small project: workflow/stage imports workflow/a, which imports heads/kit/b and, for types alone, heads/c."""
    files = {
        "workflow/__init__.py": "",
        "workflow/stage/__init__.py": "",
        "workflow/stage/__main__.py": "import numpy\nfrom workflow import a\n",
        "workflow/stage/words.py": "",
        "workflow/a.py": "def use():\n    from heads.kit import b\n    if TYPE_CHECKING:\n        import heads.c\n",
        "workflow/other.py": "from . import a\n",
        "heads/__init__.py": "",
        "heads/c.py": "",
        "heads/kit/__init__.py": "",
        "heads/kit/b.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def names(project, *modules, without=()):
    return [path.relative_to(project).as_posix() for path in closure(project, modules, without)]


STAGE = ["workflow/__init__.py", "workflow/a.py", "workflow/stage/__init__.py", "workflow/stage/__main__.py"]
KIT = ["heads/__init__.py", "heads/kit/__init__.py", "heads/kit/b.py"]


def test_imports_are_followed_into_functions_but_not_for_types_alone(project):
    assert names(project, "workflow.stage") == KIT + STAGE


def test_what_is_left_out_takes_along_what_only_it_imports(project):
    assert names(project, "workflow.stage", without=["heads.kit"]) == STAGE
    assert names(project, "workflow.stage", without=["workflow.a"]) == [name for name in STAGE if name[-4:] != "a.py"]


def test_relative_imports_are_resolved(project):
    assert "workflow/a.py" in names(project, "workflow.other")


def test_a_name_that_is_no_module_is_refused(project):
    for modules, without in ((["workflow.stege"], []), (["workflow.stage"], ["workflow.words"])):
        with pytest.raises(ValueError, match=r"workflow\.(stege|words) is no module of this project"):
            closure(project, modules, without)


def test_training_rests_on_kit_loader_and_trainer_but_on_no_head():
    found = names(ROOT, "workflow.training", without=["workflow.evaluating"])
    wanted = {"heads/kit/lse.py", "workflow/data/loaders.py", "workflow/training/trainer.py", "workflow/devices.py"}
    assert wanted <= set(found)
    assert not [name for name in found if name.startswith(("workflow/evaluating", "workflow/reporting"))]
    assert [name for name in found if name.startswith("heads/") and "/kit/" not in name] == ["heads/__init__.py"]


def test_rendering_a_report_rests_on_no_stage_that_computes():
    found = names(ROOT, "workflow.reporting")
    assert not [name for name in found if name.startswith(("workflow/training", "workflow/measuring", "heads/kit"))]
