"""What the command line of snakemake says, checked before snakemake acts on it."""

import sys

import pytest

from tests.disks import mounted, read_only

NOTHING = "write KEY=VALUE with a section or key of the config's first level, such as --config 'train={lr: 0.2}'"


@pytest.mark.parametrize(
    ("entry", "key", "value"),
    [
        ("seeds=[3, 4]", "seeds", (3, 4)),
        ("tune=null", "tune", None),
        ("profile=mine", "profile", "mine"),
    ],
)
def test_what_config_says_is_read_as_in_a_file(begin, entry, key, value):
    assert getattr(begin(said=[entry]), key) == value


def test_inner_values_are_read_as_in_a_file_too(begin):
    config = begin(said=["train={lr: 0.2, milestones: [0.5, 0.9]}", "heads=[{head: fc, measured: false}]"])
    assert (config.train.lr, config.train.milestones, config.train.steps) == (0.2, (0.5, 0.9), 600)
    assert [(row.head, row.measured) for row in config.heads] == [("fc", False)]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("seeds", f"--config seeds cannot be read: {NOTHING}"),
        ("train.lr=1", f"--config train.lr=1 cannot be read: {NOTHING}"),
        ("=1", f"--config =1 cannot be read: {NOTHING}"),
        (
            "train={lr: 1, lr: 2}",
            "--config train={lr: 1, lr: 2}: 'train.lr' stands there twice: remove one of them",
        ),
        ("seeds=[0", "the config cannot be run: 'seeds' is \"[0\", not a list"),
        ("seeds=0", "the config cannot be run: 'seeds' is 0, not a list"),
        ("sedes=[0]", "the config cannot be run: 'sedes' is not a key of the config; did you mean 'seeds'?"),
        (
            "train={lr: 1e-2}",
            "the config cannot be run: 'train.lr' is \"1e-2\", which YAML reads as a text: write 1.0e-2 or 0.01",
        ),
        ("profile=nan", "the config cannot be run: 'profile' is NaN, not a finite number"),
    ],
)
def test_what_config_cannot_say_is_answered_with_a_sentence(answer, entry, sentence):
    assert answer(said=[entry]) == (2, f"headroom: {sentence}")


@pytest.mark.parametrize("option", ["cores", "jobs"])
@pytest.mark.parametrize("number", [0, -1])
def test_no_cores_are_refused(answer, option, number):
    sentence = f"headroom: --{option} is {number}, with which no job could start: give at least 1"
    assert answer(**{option: number}) == (2, sentence)


@pytest.mark.parametrize("again", [["--configfile", "b.yaml"], ["--configfiles=b.yaml"]])
def test_two_options_of_which_the_last_alone_would_count_are_refused(answer, monkeypatch, again):
    monkeypatch.setattr(sys, "argv", ["snakemake", "--configfile", "a.yaml", *again])
    assert answer() == (
        2,
        "headroom: --configfile is given twice, and only the last would count: name all files behind one",
    )
    monkeypatch.setattr(sys, "argv", ["snakemake", "--configfile", "a.yaml", "b.yaml"])
    assert answer() == (0, "")


@pytest.mark.parametrize("name", ["results", "data", "logs", "reports", ".snakemake"])
def test_a_file_in_the_place_of_a_folder_of_the_workflow_is_named(tmp_path, answer, name):
    (tmp_path / name).write_text("")
    sentence = f"headroom: {tmp_path / name} is a file, and the workflow keeps a folder there: move it away"
    assert answer(directory=tmp_path) == (2, sentence)


@pytest.mark.parametrize("name", ["logs", ".snakemake", ""])
def test_a_folder_that_nothing_can_be_noted_in_is_named(tmp_path, answer, name):
    folder = tmp_path / name
    with mounted(folder), read_only(folder):
        status, said = answer(directory=tmp_path)
    assert status == 2 and said == (
        f"headroom: {folder} cannot be written into: make it writable, or run in a copy of it"
    )


def test_results_that_cannot_be_written_may_be_read(tmp_path, answer):
    with mounted(tmp_path / "results"), read_only(tmp_path / "results"):
        assert answer(directory=tmp_path)[0] == 0
