"""Bad configs, and what each is answered with before anything runs: the table is bad_configs.txt.

A config there is put on top of the default one. The lines after it, each begun by an arrow, are all that is said of it,
one problem each; a line that ends in … goes on. Exit status 2.
"""

from pathlib import Path

import pytest

from tests.running.conftest import CANNOT

BLOCKS = (Path(__file__).parent / "bad_configs.txt").read_text(encoding="utf-8").strip().split("\n\n")
TABLE = [(block.split("\n→ ")[0], block.split("\n→ ")[1:]) for block in BLOCKS]


@pytest.mark.parametrize(("text", "wanted"), TABLE, ids=[text for text, _ in TABLE])
def test_a_bad_config_is_answered_with_a_sentence(tmp_path, answer, text, wanted):
    file = tmp_path / "bad.yaml"
    file.write_text(f"{text}\n", encoding="utf-8")
    status, said = answer(file)
    assert status == 2 and said.startswith(CANNOT.strip()), said
    sentences = [line.strip() for line in said.removeprefix(CANNOT.strip()).strip().splitlines()]
    for sentence, start in zip(sentences, wanted, strict=True):
        assert sentence == start or (start.endswith("…") and sentence.startswith(start.removesuffix("…")))


def test_the_table_holds_different_configs():
    assert len(dict(TABLE)) == len(TABLE) >= 100
