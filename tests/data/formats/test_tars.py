"""Shards of webdataset, as its writer, tar and others make them."""

import io
import json
import tarfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from workflow.data.formats.encoded import Encoded, Place, content
from workflow.data.formats.shards import shards
from workflow.data.formats.tars import of_shard
from workflow.errors import UserError

Members = list[tuple[str, bytes]]
TWO: Members = [("a.jpg", b"image a"), ("a.cls", b"3"), ("b.cls", b"4\n"), ("b.png", b"image b" * 200)]


def write(path: Path, members: Members, mode: str = "w", form: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, mode, format=form) as tar:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def images(pattern: str, field: str = "label") -> Iterator[Encoded]:
    """The images of the tars of `pattern`, as a build reads them."""
    return chain.from_iterable(of_shard(path, field) for path in shards(pattern))


def read(pattern: object, *more: str) -> list[tuple[str, int | str, bytes]]:
    return [(image.name, image.label, content(image.data)) for image in images(str(pattern), *more)]


def refused(pattern: object, *more: str) -> str:
    with pytest.raises(UserError) as error:
        read(pattern, *more)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_images_are_places_in_a_plain_tar(tmp_path, form):
    path = write(tmp_path / "a.tar", TWO, form=form)
    assert read(path) == [("a", 3, b"image a"), ("b", 4, b"image b" * 200)]
    found = list(images(str(path)))
    assert [image.data for image in found] == [Place(path, 512, 7), Place(path, 512 * 7, 1400)]


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_images_are_bytes_of_a_compressed_tar(tmp_path, kind):
    path = write(tmp_path / f"a.tar.{kind}", TWO, f"w:{kind}")
    assert [type(image.data) for image in images(str(path))] == [bytes, bytes]
    assert read(path) == [("a", 3, b"image a"), ("b", 4, b"image b" * 200)]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_keys_end_at_the_first_dot_of_the_name_and_hold_folders(tmp_path, form):
    long = "é" * 120
    members = [
        *[("./x.y/a.b.jpg", b"not the image: its kind is b.jpg"), ("./x.y/a.JPG", b"1"), ("./x.y/a.cls", b"cat")],
        *[("z/a.jpeg", b"2"), ("z/a.cls", b" tabby cat "), (f"{long}.webp", b"3"), (f"{long}.cls", b"007")],
    ]
    found = read(write(tmp_path / "a.tar", members, form=form))
    assert found == [("./x.y/a", "cat", b"1"), ("z/a", "tabby cat", b"2"), (long, "007", b"3")]


def test_names_need_not_be_utf8(tmp_path):
    path = write(tmp_path / "a.tar", [("\udce9.jpg", b"1"), ("\udce9.cls", b"1")], form=tarfile.GNU_FORMAT)
    assert read(path) == [("\\xe9", 1, b"1")]


def test_what_belongs_to_no_sample_is_passed_over(tmp_path):
    others = [("README", b"r"), ("README.md", b"r"), ("._a.jpg", b"mac"), (".cls", b"1"), ("__info__.json", b"{}")]
    more = [("a.txt", b"caption"), ("a.seg.png", b"mask")]
    path = write(tmp_path / "a.tar", [*others, *TWO[:2], *more, *TWO[2:]])
    with tarfile.open(path, "a") as tar:
        folder = tarfile.TarInfo("folder.jpg")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    assert [label for _, label, _ in read(path)] == [3, 4]


@pytest.mark.parametrize(
    ("content_of_it", "field", "label"),
    [
        ({"label": 5, "other": 6}, "label", 5),
        ({"label": 5, "id": "p6"}, "id", "p6"),
        ({"label": 5.0}, "label", 5),
        (7, "label", 7),
        ("seven", "label", "seven"),
    ],
)
def test_labels_in_json(tmp_path, content_of_it, field, label):
    path = write(tmp_path / "a.tar", [("a.json", json.dumps(content_of_it).encode()), ("a.jpg", b"image")])
    assert read(path, field) == [("a", label, b"image")]


def test_cls_goes_before_json(tmp_path):
    path = write(tmp_path / "a.tar", [("a.json", b'{"label": 1}'), ("a.jpg", b"image"), ("a.cls", b"2")])
    assert read(path) == [("a", 2, b"image")]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("t-{000..002}.tar", ["t-000", "t-001", "t-002"]),
        ("t-{002..001}.tar", ["t-002", "t-001"]),
        ("t-*.tar", ["t-000", "t-001", "t-002", "t-010"]),
        ("t-0[01]0.tar", ["t-000", "t-010"]),
        ("{u,t-010}.tar", ["u", "t-010"]),
        ("t-0{0,1}{0..0}.tar", ["t-000", "t-010"]),
        ("{t-000,t-{001..002}}.tar", ["t-000", "t-001", "t-002"]),
        ("{u,*}.tar", ["u", "t-000", "t-001", "t-002", "t-010", "w{1,2}"]),
        ("w{1,2}.tar", ["w{1,2}"]),
        ("t-00{0..2}.tar", ["t-000", "t-001", "t-002"]),
    ],
)
def test_patterns(tmp_path, pattern, names):
    for name in ("t-010", "t-002", "t-000", "t-001", "u", "w{1,2}"):
        (tmp_path / f"{name}.tar").touch()
    assert [path.stem for path in shards(str(tmp_path / pattern))] == names


def test_shards_are_read_in_turn_and_may_have_the_same_keys(tmp_path):
    for number in range(3):
        write(tmp_path / f"{number}.tar", [("a.jpg", b"%d" % number), ("a.cls", b"%d" % number)])
    assert read(tmp_path / "{0..2}.tar") == [("a", number, b"%d" % number) for number in range(3)]


@pytest.mark.parametrize("pattern", ["x{0..99999999999}.tar", "*.tar", "none.tar", "x[.tar", "{a,b}.tar"])
def test_patterns_of_no_file(tmp_path, pattern):
    assert "there is no file" in refused(tmp_path / pattern)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([], "holds no image"),
        ([("README", b"r")], "holds no image"),
        ([("a.jpg", b"1")], "sample a has no label (.cls or .json)"),
        ([("a.cls", b"1"), ("b.jpg", b"1")], "sample a has a label but no image"),
        ([("a.jpg", b"1"), ("b.jpg", b"1"), ("a.cls", b"1")], "sample a has no label"),
        ([("a.jpg", b"1"), ("a.png", b"1"), ("a.cls", b"1")], "has 2 images (.jpg, .png)"),
        ([("a.jpg", b"1"), ("a.jpg", b"2"), ("a.cls", b"1")], "two members a.jpg"),
        ([("a.jpg", b"1"), ("a.cls", b"1"), ("a.cls", b"2")], "two members a.cls"),
        ([("a.jpg", b""), ("a.cls", b"1")], "a.jpg is empty"),
        ([("a.jpg", b"1"), ("a.cls", b"  ")], "its .cls must hold one number or name"),
        ([("a.jpg", b"1"), ("a.cls", b"1\n2")], "its .cls must hold one number or name"),
        ([("a.jpg", b"1"), ("a.json", b"{")], "its .json is damaged"),
        ([("a.jpg", b"1"), ("a.json", b"[" * 100_000)], "its .json is damaged"),
        ([("a.jpg", b"1"), ("a.json", b"\xff")], "its .json is damaged"),
        ([("a.jpg", b"1"), ("a.json", b'{"class": 1}')], "no number or name under 'label', but 'class'"),
        ([("a.jpg", b"1"), ("a.json", b'{"label": [1]}')], "no number or name under 'label', but 'label' is [1]"),
        ([("a.jpg", b"1"), ("a.json", b'{"label": null}')], "no number or name under 'label', but 'label' is null"),
        ([("a.jpg", b"1"), ("a.json", b'{"label": true}')], "no number or name under 'label'"),
        ([("a.jpg", b"1"), ("a.json", b'{"label": ""}')], "no number or name under 'label'"),
        ([("a.jpg", b"1"), ("a.json", b'{"label": NaN}')], "no whole number"),
        ([("a.jpg", b"1"), ("a.json", b"[1]")], "no number or name under 'label', but list"),
    ],
)
def test_samples_that_are_not_whole(tmp_path, members, said):
    path = write(tmp_path / "a.tar", members)
    assert said in refused(path) and "a.tar" in refused(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_are_named(tmp_path, kind):
    path = write(tmp_path / "a.tar", TWO)
    with tarfile.open(path, "a") as tar:
        link = tarfile.TarInfo("c.jpg")
        link.type, link.linkname = kind, "a.jpg"
        tar.addfile(link)
    assert "c.jpg is a link" in refused(path)


@pytest.mark.parametrize("kind", ["", ":gz", ":bz2", ":xz"])
def test_tars_that_are_cut_off(tmp_path, kind):
    path = write(tmp_path / "a.tar", TWO, f"w{kind}")
    whole = path.read_bytes()
    end = 7 * 512 + 1400 if not kind else len(whole) - 1
    for size in [*range(1, end, 97), end]:
        path.write_bytes(whole[:size])
        assert "fetch it again" in refused(path)


def test_tars_that_are_damaged(tmp_path):
    path = write(tmp_path / "a.tar", TWO)
    data = bytearray(path.read_bytes())
    data[2048 + 148] ^= 1  # of the third header's checksum
    path.write_bytes(data)
    assert "a.tar is cut off or damaged at byte 2,048" in refused(path)
    path.write_bytes(b"PK\3\4" + bytes(2000))
    assert "no tar" in refused(path)
    path.write_bytes(b"")
    assert "no tar (file could not be opened successfully): fetch" in refused(path)
    assert "cannot be opened (Is a directory)" in refused(tmp_path)
