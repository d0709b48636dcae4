"""Records as MXNet and the tools of face recognition write them, read without MXNet."""

import struct
from pathlib import Path

import pytest

from tests.data.formats.records import MAGIC, NOTE, faces, framed, packed, write
from workflow.data.formats import recordio
from workflow.data.formats.encoded import Place, content
from workflow.data.formats.recordio import images, inexact
from workflow.errors import UserError

PAYLOADS = [b"first", b"second!", b"the third", b"4444"]


def read(path: Path, *more: Path) -> list[tuple[str, int | str, bytes]]:
    """Name, label and bytes of every image."""
    return [(image.name, image.label, content(image.data)) for image in images(path, *more)]


def refused(path: Path, *more: Path) -> str:
    with pytest.raises(UserError) as error:
        read(path, *more)
    return str(error.value)


@pytest.fixture
def im2rec(tmp_path: Path) -> Path:
    """Images under keys from 0, and no notes."""
    return write(tmp_path / "train.rec", [(key, 7 - key, payload) for key, payload in enumerate(PAYLOADS)])


def test_images_are_places_in_the_file_of_the_records(im2rec):
    found = list(images(im2rec))
    assert [image.label for image in found] == [7, 6, 5, 4]
    assert all(isinstance(image.data, Place) and image.data.file == im2rec for image in found)
    assert [content(image.data) for image in found] == PAYLOADS
    assert found[0].data.offset == 8 + 24


def test_an_index_in_another_order_gives_the_order_of_the_keys(im2rec):
    index = im2rec.with_suffix(".idx")
    index.write_text("".join(reversed(index.read_text(encoding="utf-8").splitlines(True))), encoding="utf-8")
    assert [payload for _, _, payload in read(im2rec)] == PAYLOADS


@pytest.mark.parametrize("place", [0, 2, -1])
def test_notes_are_no_images_wherever_they_lie(tmp_path, place):
    records = faces(PAYLOADS, [0, 0, 1, 2])
    records.insert(place % len(records), records.pop())
    path = write(tmp_path / "train.rec", records)
    assert read(path) == [(f"key {key}", label, PAYLOADS[key - 1]) for key, label in enumerate([0, 0, 1, 2], 1)]
    path.with_suffix(".idx").unlink()
    assert [found[1:] for found in read(path)] == list(zip([0, 0, 1, 2], PAYLOADS, strict=True))


def test_the_first_of_a_vector_of_labels_is_the_class(tmp_path):
    path = write(tmp_path / "a.rec", [(key, [3 + key, 1, 0.5], payload) for key, payload in enumerate(PAYLOADS)])
    assert [label for _, label, _ in read(path)] == [3, 4, 5, 6]
    assert [payload for _, _, payload in read(path)] == PAYLOADS, "key 0 has a vector, but a payload too: an image"


@pytest.mark.parametrize(
    "payload",
    [
        MAGIC,
        MAGIC * 3,
        b"\xff\xd8ab" + MAGIC + b"middle" + b"..",
        b"ab" + MAGIC + b"cd",  # at no multiple of four: not cut
        MAGIC + b"x",
        b"abcd" + MAGIC + b"efgh" + MAGIC,
        b"abcd" + MAGIC[:3],
    ],
)
@pytest.mark.parametrize("label", [1, [1, 2]])
@pytest.mark.parametrize("index", [True, False])
def test_payloads_may_hold_the_magic(tmp_path, payload, label, index):
    path = write(tmp_path / "a.rec", [(0, label, payload), (1, 2, b"next")], index)
    assert [content(image.data) for image in images(path)] == [payload, b"next"]
    assert [image.label for image in images(path)] == [1, 2]


def test_headers_may_hold_the_magic(tmp_path):
    number = struct.unpack("<Q", MAGIC + bytes(4))[0]
    path = tmp_path / "a.rec"
    path.write_bytes(framed(packed(5, number, b"image")))
    assert [found[1:] for found in read(path)] == [(5, b"image")]


def test_without_an_index_records_are_read_one_after_another(im2rec):
    im2rec.with_suffix(".idx").unlink()
    found = read(im2rec)
    assert [payload for _, _, payload in found] == PAYLOADS
    assert found[1][0] == "record 1 at byte 40"


def test_little_is_read_of_the_file(tmp_path, monkeypatch):
    path = write(tmp_path / "a.rec", [(0, 1, bytes(1000)), (1, 2, b"x" * 50)])
    read_bytes = []

    class Watched(recordio.Records):
        def _words(self, start):
            read_bytes.append(start)
            return super()._words(start)

    monkeypatch.setattr(recordio, "Records", Watched)
    found = images(path)
    assert next(found).label == 1
    assert max(read_bytes[-2:]) <= 1032 and found.gi_frame is not None


@pytest.mark.parametrize("claimed", [5, 6, 7, 1000])
def test_a_range_ends_with_the_keys_that_exist(tmp_path, claimed):
    records = [(key, key, payload) for key, payload in enumerate(PAYLOADS, 1)]
    path = write(tmp_path / "a.rec", [*records, (0, [claimed, claimed + 3], NOTE)])
    assert [label for _, label, _ in read(path)] == [1, 2, 3, 4]


def test_a_range_leaves_out_what_lies_behind_it(tmp_path):
    records = [(key, key, payload) for key, payload in enumerate(PAYLOADS, 1)]
    path = write(tmp_path / "a.rec", [*records, (0, [3, 5], NOTE)])
    assert [label for _, label, _ in read(path)] == [1, 2]


def test_a_range_that_float32_rounded_loses_no_image(tmp_path):
    last = 2**24 + 2  # its range ends at 2**24 + 3, which as float32 is 2**24 + 4, or 2**24 + 2 if cut
    records = [(last - 1, 1, b"a"), (last, 2, b"b"), (last + 1, [1, 2], NOTE)]
    for end in (2.0**24 + 2, 2.0**24 + 4):
        path = write(tmp_path / "a.rec", [*records, (0, [end, end], NOTE)])
        assert [label for _, label, _ in read(path)] == [1, 2]
    assert [inexact(end) for end in (2**24 - 1, 2**24, 17_091_658, 2**25)] == [0, 2, 2, 4]


@pytest.mark.parametrize("end", [0.0, -3.0, float("nan"), float("inf")])
def test_a_range_that_is_none_is_refused(tmp_path, end):
    path = write(tmp_path / "a.rec", [(1, 1, b"a"), (0, [end, 5], NOTE)])
    assert "a.rec: key 0 gives" in refused(path)


def test_labels_of_a_list_go_before_those_of_the_records(im2rec, tmp_path):
    listed = tmp_path / "train.lst"
    listed.write_text("".join(f"{key}\t{10 + key}.000\t{key}.jpg\n" for key in (3, 0, 2, 1)), encoding="utf-8")
    assert [label for _, label, _ in read(im2rec, listed)] == [10, 11, 12, 13]
    listed.write_text("".join(f"{key}\t{10 + key}\t8\t9\té.jpg\n" for key in range(4)), encoding="utf-8")
    assert [label for _, label, _ in read(im2rec, listed)] == [10, 11, 12, 13]


def test_labels_that_run_together_as_floats_need_a_list(tmp_path):
    path = write(tmp_path / "train.rec", [(0, 2.0**24 - 1, b"first"), (1, 2.0**24, b"second")])
    assert (
        "key 1: from 16,777,216 on the labels of a .rec run together, and this one is 16,777,216: name the"
        in refused(path)
    )
    listed = tmp_path / "train.lst"
    listed.write_text("0\t16777217\ta.jpg\n1\t16777216\tb.jpg\n", encoding="utf-8")
    assert [label for _, label, _ in read(path, listed)] == [16777217, 16777216]


def test_lists_of_faces_count_the_lines_that_were_packed(tmp_path):
    path = write(tmp_path / "a.rec", faces(PAYLOADS, [0, 0, 1, 2]))
    lines = [f"1\t/faces/{key}.jpg\t{key + 20}" for key in range(4)]
    landmarks = "\t".join(["1"] * 14)
    lines[2] = f"0\t/faces/2.jpg\t22\t{landmarks}"
    lines.insert(1, "0\t/faces/lost.jpg\t99")
    listed = tmp_path / "a.lst"
    listed.write_text("\n".join(lines), encoding="utf-8")
    assert [label for _, label, _ in read(path, listed)] == [20, 21, 22, 23]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("0\t1\ta.jpg\n0\t2\tb.jpg\n", "train.lst has two lines for 0"),
        ("0\t1\ta.jpg\n", "train.rec, key 1 has the id 1, which is not in"),
        ("0\tcat\ta.jpg\n", "train.lst, line 1: '0 cat a.jpg'"),
        ("0\t1\ta.jpg\n1,2,b.jpg\n", "train.lst, line 2: '1,2,b.jpg'"),
        ("\n\n", "train.lst lists nothing"),
        ("0\t0.5\ta.jpg\n", "train.rec, key 0: the label 0.5 is no whole number"),
        ("0\tnan\ta.jpg\n", "train.rec, key 0: the label nan is no whole number"),
    ],
)
def test_lists_that_are_none(im2rec, content, said):
    listed = im2rec.with_suffix(".lst")
    listed.write_text(content, encoding="utf-8")
    assert said in refused(im2rec, listed)


@pytest.mark.parametrize("size", range(1, 36))
@pytest.mark.parametrize("index", [True, False])
def test_a_file_that_is_cut_off_is_named(tmp_path, size, index):
    path = write(tmp_path / "cut.rec", [(0, 1, b"whole"), (1, 1, b"ab" * 4)], index)
    path.write_bytes(path.read_bytes()[: 40 + size])
    assert "cut.rec is cut off" in refused(path)


def test_an_index_that_is_cut_off_is_named(im2rec):
    index = im2rec.with_suffix(".idx")
    whole = index.read_text(encoding="utf-8")
    for size in range(len(whole) - 1):
        index.write_text(whole[:size], encoding="utf-8")
        assert ".idx" in refused(im2rec)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("0\t0\n0\t40\n", "has two lines for 0"),
        ("0\t0\none\t40\n", "line 2: 'one 40'"),
        ("0\t0\n1\t-40\n", "line 2: '1 -40'"),
        ("0\t0\n1\t40\t3\n", "line 2: '1 40 3'"),
        ("99999999999999999999\t0\n", "line 1"),
        ("0\t1\n", "holds no record of MXNet's at byte 1"),
        ("0\t999\n", "is cut off"),
    ],
)
def test_an_index_that_is_none(im2rec, lines, said):
    im2rec.with_suffix(".idx").write_text(lines, encoding="utf-8")
    assert said in refused(im2rec)


@pytest.mark.parametrize(
    ("bytes_of_it", "said"),
    [
        (b"", "a.rec is empty"),
        (b"PK\3\4" + bytes(40), "a.rec holds no record of MXNet's at byte 0"),
        (MAGIC + struct.pack("<I", 3 << 29 | 4) + b"abcd", "no record begins at byte 0"),
        (MAGIC + struct.pack("<I", 5 << 29 | 4) + b"abcd", "no record begins at byte 0"),
        (MAGIC + struct.pack("<I", 1 << 29 | 4) + b"abcd" + framed(b"ab"), "no record begins at byte 12"),
        (framed(b"too short"), "a record of 9 bytes is too short"),
        (framed(struct.pack("<IfQQ", 9, 0, 0, 0)), "a record of 24 bytes is too short"),
        (framed(packed(1, 0, b"")), "record 0 at byte 0 holds no image's bytes"),
        (framed(packed(1.5, 0, b"a")), "record 0 at byte 0: the label 1.5 is no whole number"),
        (framed(packed([1, 2], 0, b"")), "a.rec holds no image"),
    ],
)
def test_a_file_that_is_none(tmp_path, bytes_of_it, said):
    path = tmp_path / "a.rec"
    path.write_bytes(bytes_of_it)
    assert said in refused(path)


def test_a_file_that_is_not_there(tmp_path):
    assert "nowhere.rec cannot be opened (No such file" in refused(tmp_path / "nowhere.rec")
    path = write(tmp_path / "a.rec", [(0, 1, b"image")])
    assert "a.lst cannot be opened" in refused(path, tmp_path / "a.lst")


def test_bytes_that_are_gone_since_are_missed(im2rec):
    found = list(images(im2rec))
    im2rec.write_bytes(b"")
    with pytest.raises(UserError, match=r"train\.rec is shorter than when it was indexed"):
        content(found[0].data)
