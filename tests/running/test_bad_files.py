"""Config files that cannot be read, or that do not say what they seem to: one sentence each, and exit status 2."""

import errno
import os
from itertools import pairwise
from pathlib import Path

import pytest

from tests.running.conftest import ROOT
from workflow.cells import config_file

LAUGHS = "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 8)}]\n" for old, new in pairwise("abcdefgh"))
CONTENTS = [
    ("utf-16", "profile: x".encode("utf-16"), "the config file {} is UTF-16: save it as UTF-8"),
    ("latin-1", b"profile: \xe4\n", "the config file {} is not UTF-8: save it as UTF-8"),
    ("nothing", b"", "{} is empty"),
    ("a comment", b"# seeds: [0]\n", "{} is empty"),
    ("a list", b"- profile\n", "{} holds no keys: a config is a mapping, such as `profile: mine`"),
    ("a word", b"profile\n", "{} holds no keys: a config is a mapping, such as `profile: mine`"),
    ("a list in JSON", b"[1]", "{} holds no keys: a config is a mapping, such as {{profile: mine}}"),
    (
        "a tab",
        b"train:\n\tlr: 1\n",
        "{} is no valid YAML at line 2, column 1: while scanning for the next token found character '\\t' that cannot "
        "start any token",
    ),
    (
        "no end",
        b"train: {lr: 0.1\n",
        "{} is no valid YAML at line 2, column 1: while parsing a flow mapping expected ',' or '}}', but got "
        "'<stream end>'",
    ),
    (
        "two documents",
        b"profile: x\n---\nprofile: y\n",
        "{} is no valid YAML at line 2, column 1: expected a single document in the stream but found another document",
    ),
    ("no such reference", b"profile: *x\n", "{} is no valid YAML at line 1, column 10: found undefined alias 'x'"),
    (
        "a zero byte",
        b"profile: x\0\n",
        '{} is no valid YAML: unacceptable character #x0000: special characters are not allowed in "<unicode string>", '
        "position 10",
    ),
    ("brackets", b"a: " + 5000 * b"[" + 5000 * b"]", "{} is nested too deep to be a config"),
    (
        "itself",
        b"data: &a {name: *a}\n",
        "{} refers to itself, or to so much that it is no config: write out what `*` stands for",
    ),
    (
        "more than fits",
        f"a: &a [x, x, x, x, x, x, x, x]\n{LAUGHS}".encode(),
        "{} refers to itself, or to so much that it is no config: write out what `*` stands for",
    ),
    ("a key twice", b"seeds: [0]\nseeds: [1]\n", "{}, line 2: 'seeds' stands there twice: remove one of them"),
    (
        "a key that is a list",
        b"data:\n  ? [name, path]\n  : x\n",
        "{}, line 2: 'data.?' has a list or a mapping in the place of its name: write a name",
    ),
    (
        "inner keys twice",
        b"train: {lr: 0.1, lr: 0.2}\nheads:\n- head: fc\n  options: {m: 1, m: 2}\n",
        "{}, line 1: 'train.lr' stands there twice: remove one of them; {}, line 4: 'heads.0.options.m' stands there "
        "twice: remove one of them",
    ),
    ("a key twice in JSON", b'{"train": {"lr": 1, "lr": 2}}', "{}: 'lr' stands there twice"),
    ("a date", b"profile: 2024-01-02\n", "{}, line 1: 'profile' is read as a date: write '2024-01-02' in quotes"),
    ("eight", b"seeds: [010]\n", "{}, line 1: 'seeds.0' is 010, which YAML reads as 8: write 8, or '010' in quotes"),
    (
        "ninety",
        b"seeds: [1:30]\n",
        "{}, line 1: 'seeds.0' is 1:30, which YAML reads as 90: write 90, or '1:30' in quotes",
    ),
    (
        "digits",
        b"seeds: [" + 5000 * b"9" + b"]\n",
        "{}, line 1: 'seeds.0' has 5000 digits: no number of a config has as many",
    ),
    (
        "code",
        b"profile: !!python/object/apply:os.system [touch ran]\n",
        "{}, line 1: 'profile' has the tag !!python/object/apply:os.system, which means nothing in a config: remove it",
    ),
    (
        "another file",
        b"data: !include data.yaml\n",
        "{}, line 1: 'data' has the tag !include, which means nothing in a config: remove it",
    ),
    (
        "snakemake's code",
        b"__use_yte__: true\nprofile: ?__import__('os').system('touch ran')\n",
        "{}, line 1: '__use_yte__' would run code: a config holds values only, remove it",
    ),
]


@pytest.mark.parametrize(("content", "sentence"), [row[1:] for row in CONTENTS], ids=[row[0] for row in CONTENTS])
def test_a_file_that_is_no_config_is_answered_with_a_sentence(tmp_path, answer, content, sentence):
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)
    assert answer(file) == (2, f"headroom: {sentence.format(file, file)}")
    assert not (ROOT / "ran").exists()


def folder(place: Path) -> Path:
    return place


def pipe(place: Path) -> Path:
    os.mkfifo(place / "pipe")
    return place / "pipe"


def loop(place: Path) -> Path:
    (place / "loop").symlink_to("loop")
    return place / "loop"


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (folder, "{} is a folder: --configfile wants a config file, such as config/quick.yaml"),
        (pipe, "{} is no ordinary file: --configfile wants a config file, such as config/quick.yaml"),
        (loop, "the config file {} cannot be read: Too many levels of symbolic links"),
        (lambda place: Path("quik.yaml"), "the config file {} does not exist: did you mean config/quick.yaml?"),
        (lambda place: Path("zzz.yaml"), "the config file {} does not exist; there are config/ablations.yaml, config/"),
        (
            lambda place: Path("publish"),
            "the config file {} does not exist: what is to be made, such as publish, stands before --configfile",
        ),
        (lambda place: place / ("a" * 300), "the config file {} cannot be read: File name too long"),
    ],
)
def test_what_is_no_file_is_answered_with_a_sentence(tmp_path, answer, made, sentence):
    file = made(tmp_path)
    status, said = answer(file)
    assert status == 2 and said.startswith(f"headroom: {sentence.format(file)}") and "\n" not in said


def test_a_file_that_may_not_be_read_is_answered_with_a_sentence(tmp_path, answer, monkeypatch):
    file = tmp_path / "mine.yaml"
    file.write_text("profile: mine\n")

    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(config_file.Path, "read_bytes", refuse)
    status, said = answer(file)
    assert status == 2 and said == "headroom: the config file config/default.yaml cannot be read: Permission denied"


def test_a_mistake_in_the_default_config_is_found_too(tmp_path, answer):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/default.yaml").write_text("seeds: [0]\nseeds: [1]\n")
    status, said = answer(directory=tmp_path)
    assert (status, said) == (
        2,
        f"headroom: {tmp_path}/config/default.yaml, line 2: 'seeds' stands there twice: remove one of them",
    )


@pytest.mark.parametrize(
    "text", ["\ufeffprofile: x\n", '{"profile": "x"}', "profile: &x x\ndata: {name: *x}\n", "profile: 'x'\r\n"]
)
def test_what_is_a_config_is_read(tmp_path, begin, text):
    file = tmp_path / "good.yaml"
    file.write_text(text, encoding="utf-8")
    assert begin(file).profile == "x"
