"""Names of files are text, whatever bytes they are and whatever the locale says of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workflow.files import read_json
from workflow.names import path_of, shown, text_of

LOCALES = [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"}]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Müller 漢".encode(), "Müller 漢", "Müller 漢"),
        (b"M\xfcller", r"M\xfcller", r"M\xfcller"),
        (b"two\nlines \x1b[31m", "two\nlines \x1b[31m", r"two\nlines \x1b[31m"),
    ],
)
def test_any_name_is_text(name, text, said):
    assert text_of(os.fsdecode(name)) == text
    assert shown(Path(os.fsdecode(name))) == said


def test_a_path_of_text_is_found_again(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Müller").mkdir()
    assert path_of("~/Müller").is_dir() and text_of(path_of("~/Müller")) == str(tmp_path / "Müller")
    assert path_of("~nobody-here/x") == Path("~nobody-here/x")


SAYS = """
import sys
from pathlib import Path
from workflow.errors import UserError, command_line
from workflow.files import write_json
from workflow.names import path_of, text_of
from workflow.provenance import provenance

def main():
    print("漢", flush=True)
    facts = {"name": text_of(next(path_of(sys.stdin.read()).iterdir())), "command": provenance()["command"]}
    write_json(Path("record.json"), facts)
    raise UserError(f"{sys.argv[1]} is wrong")

command_line(main)
"""


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale["LC_ALL"])
def test_a_command_speaks_and_writes_utf8_in_any_locale(locale, tmp_path):
    (tmp_path / "Öl" / "é").mkdir(parents=True)
    script = tmp_path / "says.py"
    script.write_text(SAYS.replace("sys.stdin.read()", ascii(f"{tmp_path}/Öl")), encoding="utf-8")
    environment = os.environ | locale | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run([sys.executable, script, "Ä"], cwd=tmp_path, env=environment, capture_output=True)
    assert (done.returncode, done.stdout.decode()) == (2, "漢\n"), done.stderr
    assert done.stderr.decode() == "headroom: Ä is wrong\n"
    record = read_json(tmp_path / "record.json")
    assert Path(record["name"]).name == "é" and record["command"].endswith(" 'Ä'")
