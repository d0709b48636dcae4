"""Lists of paths and labels as people, spreadsheets and other tools write them."""

import os
from pathlib import Path

import pytest

from workflow.data.formats.encoded import content
from workflow.data.formats.lists import images
from workflow.errors import UserError

NAMES = ["a.jpg", "sub/b.jpg", "c d.jpg", "é.jpg", "x,y.jpg"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for name in NAMES:
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "empty.jpg").touch()
    return tmp_path


def read(path: Path, *more: Path) -> list[tuple[str, int | str]]:
    """Names and labels, after the places are held against the files."""
    found = list(images(path, *more))
    assert all(content(image.data).decode("utf-8", "backslashreplace") == image.name for image in found)
    return [(image.name, image.label) for image in found]


def written(folder: Path, text: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refused(path: Path, *more: Path) -> str:
    with pytest.raises(UserError) as error:
        read(path, *more)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a.jpg,3\nsub/b.jpg,cat\n", [("a.jpg", 3), ("sub/b.jpg", "cat")]),
        ("a.jpg\t3\nsub/b.jpg\t4", [("a.jpg", 3), ("sub/b.jpg", 4)]),
        ("a.jpg 3\nc d.jpg 4\n", [("a.jpg", 3), ("c d.jpg", 4)]),
        ("\r\na.jpg,3\r\n\r\nc d.jpg, tabby cat \r\n", [("a.jpg", 3), ("c d.jpg", "tabby cat")]),
        ('\ufeff"x,y.jpg",007\né.jpg,-1\n', [("x,y.jpg", "007"), ("é.jpg", -1)]),
        ("x,y.jpg\t7\n", [("x,y.jpg", 7)]),
        ("path,label\na.jpg,3\n", [("a.jpg", 3)]),
        ("label\tpath\n3\ta.jpg\n", [("a.jpg", 3)]),
        ("path label\na.jpg 3\n", [("a.jpg", 3)]),
        ("Id,Label,Image,note\n9,3,a.jpg,\n8,4,sub/b.jpg,x\n", [("a.jpg", 3), ("sub/b.jpg", 4)]),
        ("Image,Id\na.jpg,w_1\n", [("a.jpg", "w_1")]),
    ],
)
def test_lists(folder, text, found):
    assert read(written(folder, text)) == found


def test_files_are_named_from_the_list_or_from_a_root(folder, tmp_path):
    (tmp_path / "lists").mkdir()
    assert read(written(tmp_path, "../a.jpg,3".replace("../", ""))) == [("a.jpg", 3)]
    there = written(tmp_path / "lists", "a.jpg,3\n")
    assert read(there, folder) == [("a.jpg", 3)]
    assert f"names {tmp_path / 'lists/a.jpg'}, which cannot be read" in refused(there)
    absolute = written(tmp_path / "lists", f"{folder / 'a.jpg'},3\n")
    assert [image.label for image in images(absolute, tmp_path / "elsewhere")] == [3]


def test_names_need_not_be_utf8(folder):
    (folder / os.fsdecode(b"\xe9.jpg")).write_bytes(b"\xe9.jpg")
    assert read(written(folder, b"\xe9.jpg,\xe9\n")) == [("\\xe9.jpg", "\\xe9")]


def test_lists_are_read_line_by_line(folder):
    found = images(written(folder, "a.jpg,3\nlost.jpg,4\n"))
    assert next(found).label == 3
    with pytest.raises(UserError, match=r"line 2 names .*lost\.jpg"):
        next(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lists no image"),
        ("\n \n", "lists no image"),
        ("path,label\n", "lists no image"),
        ("a.jpg,3\nlost.jpg,4\n", "line 2 names"),
        ("a.jpg,3\n\na.jpg,4\n", "line 3 names a.jpg again, after line 1"),
        ("a.jpg,3\na.jpg,3\n", "line 2 names a.jpg again"),
        ("a.jpg,3\nsub,3\n", "which is no file"),
        ("empty.jpg,3\n", "which is empty"),
        ("a.jpg,3\nsub/b.jpg,3,4\n", "line 2 has 3 columns, the first line 2"),
        ("a.jpg,3\nsub/b.jpg\n", "line 2 has 1 columns"),
        ("a.jpg,3,4\n", "its first line has 3 columns"),
        ("a.jpg\n", "its first line has 1 columns"),
        ("a.jpg,\n", "line 1 has an empty label"),
        ("a.jpg,3\n,3\n", "line 2 has an empty path"),
        ('a.jpg,3\n"c d.jpg,3\nb,4\n', "line 2 cannot be read (unexpected end of data): close its quotes"),
        ('"a.jpg",3\n"c"d.jpg,3\n', "line 2 cannot be read (',' expected after '\"'): close its quotes"),
        ("a.jpg,3\n" + "b" * 200_000 + ",4\n", "line 2 cannot be read (field larger than field limit"),
        ("picture,kind\na.jpg,3\n", "line 1 names"),
        ("a.jpg,3\n".encode("utf-16"), "is no list in UTF-8"),
        ("a\0.jpg,3\n", "is no list in UTF-8"),
        ("a.jpg,3\nc\0d.jpg,3\n", "list.csv"),
    ],
)
def test_lists_of_another_shape(folder, text, said):
    assert said in refused(written(folder, text))


def test_lists_that_cannot_be_opened(tmp_path):
    assert "cannot be opened (No such file" in refused(tmp_path / "none.csv")
    assert "cannot be opened (Is a directory)" in refused(tmp_path)
