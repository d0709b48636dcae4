"""Names that read the same are one class, which two are not; names that differ by case are told."""

import pytest
from PIL import Image

from tests.data.strange import plain
from tests.data.test_strange import build
from workflow.data.alike import as_read, check_names
from workflow.errors import UserError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Caf\u00e9", "Cafe\u0301"),
        ("\u1100\u1161", "\uac00"),
        ("shoe", "shoe "),
        ("red shoe", "red  shoe"),
        ("red shoe", "red\u00a0shoe"),
        ("shoe", "\ufeffshoe"),
        ("shoe", "sh\u200boe"),
    ],
)
def test_names_that_read_the_same_are_refused_and_shown_by_their_codes(one, other):
    with pytest.raises(UserError) as raised:
        check_names(["a", one, "b", other])
    assert str(raised.value) == (
        f"classes whose names read the same: {one!a} and {other!a}: rename one, or put the images of both together"
    )


def test_all_of_them_are_counted():
    with pytest.raises(UserError, match=r"'a' and 'a ' and ' a', and 1 more: rename"):
        check_names(["a", "b", "a ", "b ", " a"])


@pytest.mark.parametrize("names", [["1", "l", "I"], ["\uff21", "A"], ["a b", "ab"], ["", "a"], []])
def test_names_that_only_look_alike_are_names(names, capsys):
    check_names(names)
    assert not capsys.readouterr().err


def test_names_that_differ_by_case_alone_are_told(capsys):
    check_names(["Shoe", "boot", "shoe", "SHOE", "stra\u00dfe", "STRASSE"])
    assert "differ by case alone: 'Shoe' and 'shoe' and 'SHOE', and 1 more; if these are one" in capsys.readouterr().err


def test_numbers_that_differ_by_leading_zeros_alone_are_told(capsys):
    check_names(["7", "70", "007", "07", "0", "00", "", "a7", "a07", "9" * 5000])
    assert "differ by leading zeros alone: '7' and '007' and '07', and 1 more; if" in capsys.readouterr().err


def test_a_name_as_it_reads_keeps_what_can_be_seen():
    assert as_read(" a\tb\u00e9\u200d ") == "a b\u00e9"


def test_a_build_refuses_them(tmp_path):
    photos = plain(tmp_path / "photos")
    for name in ("Caf\u00e9", "Cafe\u0301"):
        (photos / name).mkdir()
        Image.new("L", (8, 8)).save(photos / name / "0.png")
    outcome = build(photos, tmp_path / "set")
    assert outcome.status == 2 and "names read the same: 'Cafe\\u0301' and 'Caf\\xe9'" in outcome.said
