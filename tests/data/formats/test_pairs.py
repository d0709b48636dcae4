"""LFW's list of pairs, and those like it."""

from pathlib import Path

import pytest

from workflow.data.formats.encoded import Place
from workflow.data.formats.pairs import Pair, pairs
from workflow.errors import UserError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, suffix in (("Abel_Pacheco", "jpg"), ("Zico", "png"), ("Ann Lee", "jpg")):
        (tmp_path / name).mkdir()
        for number in range(1, 5):
            (tmp_path / name / f"{name}_{number:04}.{suffix}").write_bytes(b"x" * number)
    return tmp_path


def listed(folder: Path, text: str) -> Path:
    path = folder / "pairs.txt"
    path.write_text(text, encoding="utf-8")
    return path


SAME, DIFFERENT = "Abel_Pacheco\t1\t4\n", "Abel_Pacheco\t2\tZico\t3\n"


@pytest.mark.parametrize(
    "text",
    [
        f"1\t1\n{SAME}{DIFFERENT}",
        f"1\n{SAME}{DIFFERENT}",
        f"{SAME}{DIFFERENT}",
        f"\n{SAME}\n{DIFFERENT}\n".replace("\t", "  "),
        f"\ufeff1\t1\n{SAME}{DIFFERENT}".replace("\n", "\r\n"),
    ],
)
def test_pairs(folder, text):
    one, four = (Place(folder / f"Abel_Pacheco/Abel_Pacheco_000{number}.jpg", 0, number) for number in (1, 4))
    two, three = Place(folder / "Abel_Pacheco/Abel_Pacheco_0002.jpg", 0, 2), Place(folder / "Zico/Zico_0003.png", 0, 3)
    assert list(pairs(listed(folder, text), folder)) == [Pair(one, four, True), Pair(two, three, False)]


def test_folds_are_counted_and_names_may_hold_blanks(folder):
    text = "2\t1\n" + 2 * "Ann Lee\t1\t2\nAnn Lee\t1\tZico\t1\n"
    assert [pair.same for pair in pairs(listed(folder, text), folder)] == [True, False, True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lists 0 pairs"),
        ("10\t300\n", "lists 0 pairs where its first line says 6,000"),
        (f"1\t2\n{SAME}{DIFFERENT}", "lists 2 pairs where its first line says 4"),
        (f"{SAME}1\t2\n", "line 2 is no pair"),
        ("Zico\t1\n", "line 1 is no pair"),
        ("Zico\t1\ttwo\n", "line 1 is no pair"),
        ("Zico\t1\t2\t3\t4\n", "line 1 is no pair"),
        ("Zico\tAnn Lee\t1\t2\n", "line 1 is no pair"),
        ("Zico\t1\t²\n", "line 1 is no pair"),
        ("Zico\t1\t1\n", "line 1 compares an image with itself"),
        ("Zico\t1\tZico\t2\n", "line 1 names Zico twice"),
        ("Zico\t1\t9\n", "Zico_0009.jpg, which cannot be read (No such file"),
        ("Nobody\t1\tZico\t2\n", "line 1 names"),
    ],
)
def test_lists_of_another_shape(folder, text, said):
    with pytest.raises(UserError, match=r"pairs\.txt") as error:
        list(pairs(listed(folder, text), folder))
    assert said in str(error.value)


def test_a_list_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"none\.txt cannot be opened"):
        list(pairs(tmp_path / "none.txt", tmp_path))
