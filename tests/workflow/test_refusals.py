"""What snakemake itself is never allowed to answer: one sentence, exit status 2, no traceback and no frame around it.

The sentences of each mistake are in tests/running; here are the ways they take through snakemake.
"""

import os
import sys
from pathlib import Path

import pytest

from tests.workflow.conftest import Project

PROFILE = "Using workflow specific profile profiles/default for setting default command line arguments."


def refused(result) -> str:
    """The sentence, all that is said beside snakemake's line about the profile."""
    assert result.returncode == 2 and not result.stdout, result.stdout + result.stderr
    first, *sentence = result.stderr.splitlines()
    assert first == PROFILE and len(sentence) == 1, result.stderr
    return sentence[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--configfile", "config/quik.yaml"), "the config file config/quik.yaml does not exist: did you mean config/"),
        (("--configfile", "config"), "config is a folder: --configfile wants a config file, such as config/quick.yaml"),
        (("--config", "seeds"), "--config seeds cannot be read: write KEY=VALUE"),
        (("--cores", "0"), "--cores is 0, with which no job could start: give at least 1"),
    ],
    ids=["no file", "a folder", "no value", "no cores"],
)
def test_a_command_line_that_cannot_be_is_answered_before_snakemake_reads_it(project, arguments, sentence):
    assert refused(project.snakemake(*arguments)).startswith(f"headroom: {sentence}")


def test_a_bad_config_is_answered_without_snakemake_s_frame(project):
    said = refused(project.snakemake("--config", "loss={scale: -1}"))
    assert said == "headroom: the config cannot be run: 'loss.scale' is -1: it must be above 0"


def test_more_than_the_machine_has_is_answered_before_the_first_job(project):
    said = project.snakemake("--config", "train={processes: 3}", path=Path(os.devnull))
    assert said.returncode == 2
    assert said.stderr.splitlines()[-1].startswith("headroom: this machine cannot run the config: 'train.threads' is 1")
    assert not (project.folder / "logs").exists() and not list((project.folder / ".snakemake").glob("locks/*"))


def test_a_run_without_the_profile_is_answered_too(project):
    (project.folder / "config/twice.yaml").write_text("profile: x\nprofile: y\n")
    result = project.snakemake("--dry-run", "--configfile", "config/twice.yaml", "--workflow-profile", "none")
    assert result.returncode == 2 and "Traceback" not in result.stderr
    last = result.stderr.splitlines()[-1]
    assert (
        last
        == f"headroom: {project.folder}/config/twice.yaml, line 2: 'profile' stands there twice: remove one of them"
    )


def test_what_config_says_is_planned(project):
    jobs = project.planned("--config", "seeds=[7]", "heads=[{head: fc}]")
    assert (jobs["train"], jobs["cost_end_to_end"]) == (1, 1)


def test_a_folder_with_braces_in_its_path_is_no_placeholder(project, tmp_path):
    images = tmp_path / "{label} of {x}"
    (images / "a").mkdir(parents=True)
    (project.folder / "config/mine.yaml").write_text(
        f"profile: mine\ndata: {{name: mine, source: folder, path: '{images}'}}\n"
    )
    result = project.snakemake(
        "--configfile", "config/mine.yaml", "--until", "dataset", path=Path(sys.executable).parent
    )
    assert str(images) in result.stderr.splitlines()[-1] and "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["it's $HOME", "both ' and \"", "two\nlines", "back\\slash `id`; #"])
def test_a_checkout_may_lie_anywhere(tmp_path, stages, name):
    project = Project(tmp_path / name)
    result = project.snakemake("--configfile", "config/quick.yaml", "--until", "dataset", path=stages)
    assert result.returncode == 0, result.stderr
    assert list(project.folder.glob("data/*/manifest.json"))


def test_but_not_where_snakemake_reads_placeholders(tmp_path):
    project = Project(tmp_path / "a {x}")
    said = refused(project.snakemake("--configfile", "config/quick.yaml"))
    place = project.folder.resolve()
    assert said == f"headroom: this checkout lies in {place}, whose braces snakemake takes for placeholders: move it"
