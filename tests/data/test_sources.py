"""Every source gives the same set of the same photos, stored as pixels or encoded, and names what is wrong."""

import json
import os
import re
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.data.formats import records
from tests.data.sets import FORMS, SIZE, Photos, as_folder, as_list, as_records, as_table, as_tars, encoded, photos
from tests.data.strange import saved
from workflow.cells.data_section import Data
from workflow.data import gathered
from workflow.data import images as images_module
from workflow.data.build import build
from workflow.data.formats.table_files import tables
from workflow.data.images import EncodedImages
from workflow.data.listing import listing
from workflow.data.store import Dataset, check_dataset, check_mapped, open_dataset, open_images
from workflow.errors import UserError

PHOTOS = photos()


def section(keys: dict[str, str], **more: object) -> Data:
    return Data.parse({"name": "set", "size": SIZE, "colour": "rgb", **keys, **more})


def read(folder: Path, keys: dict[str, str], jobs: int = 1, **more: object) -> Dataset:
    return build(section(keys, **more), folder / "set", folder, jobs)


def same(found: Dataset, wanted: Dataset) -> None:
    """The images, classes and look-alikes are the same."""
    np.testing.assert_array_equal(found.images[:], wanted.images[:])
    for name in ("classes", "groups", "similar"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


@pytest.fixture
def pa():
    return pytest.importorskip("pyarrow")


@pytest.fixture
def pq():
    return pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def wanted(tmp_path_factory) -> Dataset:
    """The photos as a folder of pixels."""
    folder = tmp_path_factory.mktemp("wanted")
    return read(folder, as_folder(folder / "photos", PHOTOS))


@pytest.mark.parametrize("store", ["auto", "encoded"])
@pytest.mark.parametrize("form", FORMS)
def test_every_source_gives_the_same_set(tmp_path, wanted, form, store):
    dataset = read(tmp_path, FORMS[form](tmp_path / "in", PHOTOS), store=store)
    same(dataset, wanted)
    assert isinstance(dataset.images, EncodedImages) == (store == "encoded")
    assert [int(name) for name in dataset.names] == [7, 14, 21, 28, 35, 42], "labels have gaps, and the map is kept"
    assert check_dataset(tmp_path / "set") == dataset.manifest["hash"]
    assert not (tmp_path / "set" / gathered.SPOOL).exists()


@pytest.mark.parametrize("mode", ["gz", "xz"])
def test_compressed_tars_stay_encoded_in_a_file_of_the_set(tmp_path, wanted, mode):
    dataset = read(tmp_path, as_tars(tmp_path / "in", PHOTOS, mode), store="encoded")
    same(dataset, wanted)
    assert dataset.manifest["encoded"]["files"] == []


@pytest.mark.parametrize("form", ["records", "webdataset"])
def test_images_stay_where_many_lie_in_one_file(tmp_path, form):
    dataset = read(tmp_path, FORMS[form](tmp_path / "in", PHOTOS), store="encoded")
    named = [Path(file["path"]) for file in dataset.manifest["encoded"]["files"]]
    assert named == sorted((tmp_path / "in").glob("*.[rt][ea][cr]"))
    assert (tmp_path / "set" / "images.npy").stat().st_size < 200, "an index, not a copy"


@pytest.mark.parametrize("form", ["folder", "list", "parquet"])
def test_other_images_are_put_into_one_file(tmp_path, form):
    dataset = read(tmp_path, FORMS[form](tmp_path / "in", PHOTOS), store="encoded")
    shutil.rmtree(tmp_path / "in")
    held = open_dataset(tmp_path / "set").images
    assert {held.bytes(row).tobytes() for row in range(len(held))} == {data for _, data in PHOTOS}
    assert dataset.manifest["encoded"]["files"] == []


def test_a_record_whose_payload_holds_the_magic_is_copied(tmp_path):
    """Its bytes do not lie together in the file."""
    payload = encoded(np.zeros((8, 8, 3), np.uint8)) + bytes(-len(encoded(np.zeros((8, 8, 3), np.uint8))) % 4)
    made = [*PHOTOS, (70, payload + records.MAGIC + b"tail"), (70, PHOTOS[0][1])]
    dataset = read(tmp_path, as_records(tmp_path / "in", made), store="encoded")
    assert len(dataset.images) == len(made) and dataset.images[np.array([len(PHOTOS)])].max() == 0


@pytest.mark.parametrize("store", ["pixels", "encoded"])
def test_processes_change_nothing(tmp_path, monkeypatch, store):
    monkeypatch.setattr(gathered, "CHUNK", 5)
    keys = as_records(tmp_path / "in", PHOTOS)
    one, two = (build(section(keys, store=store), tmp_path / str(jobs), tmp_path, jobs) for jobs in (1, 2))
    assert one.manifest["hash"] == two.manifest["hash"]


def test_pixels_are_stored_as_long_as_they_are_few(tmp_path, monkeypatch):
    keys = as_records(tmp_path / "in", PHOTOS)
    monkeypatch.setattr(gathered, "MOST_RAW", len(PHOTOS) * SIZE * SIZE * 3)
    assert isinstance(read(tmp_path, keys).images, np.ndarray)
    monkeypatch.setattr(gathered, "MOST_RAW", len(PHOTOS) * SIZE * SIZE * 3 - 1)
    assert isinstance(read(tmp_path, keys).images, EncodedImages)
    assert isinstance(read(tmp_path, keys, store="pixels").images, np.ndarray)


@pytest.mark.parametrize("rows", [np.array([3, 0, 3]), slice(2, 5), np.array([], np.int64), np.arange(24) % 5 == 0])
def test_images_are_asked_for_as_those_of_an_array(tmp_path, wanted, rows):
    images = read(tmp_path, as_records(tmp_path / "in", PHOTOS), store="encoded").images
    assert (images.shape, images.ndim, len(images)) == (wanted.images.shape, 4, 24)
    np.testing.assert_array_equal(images[rows], wanted.images[rows])


def test_grey_images_have_no_channel(tmp_path):
    keys = as_records(tmp_path / "in", PHOTOS)
    raw, kept = (read(tmp_path, keys, colour="grey", store=store).images[:] for store in ("pixels", "encoded"))
    assert raw.shape == (24, SIZE, SIZE)
    np.testing.assert_array_equal(raw, kept)


def truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


NAMED = {
    "folder": r"in/0014/0005\.jpg cannot be read \(.*: delete it, or set data\.skip_unreadable: true",
    "records": r"in/train\.rec, key 6 cannot be read \(.*: mend the set, or set data\.skip_unreadable: true",
    "webdataset": r"in/train-00\.tar, 0005 cannot be read \(",
    "list": r"in/images/0014/0005\.jpg cannot be read \(",
    "parquet": r"in/data/train-00000-of-00002\.parquet, row 5 cannot be read \(",
}


@pytest.mark.parametrize("store", ["pixels", "encoded"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("spoil", [truncated, lambda data: b"no image at all"], ids=["cut", "text"])
def test_what_is_no_image_is_named_by_file_and_record_or_skipped(tmp_path, form, spoil, store):
    made: Photos = [(label, spoil(data) if number == 5 else data) for number, (label, data) in enumerate(PHOTOS)]
    keys = FORMS[form](tmp_path / "in", made)
    with pytest.raises(UserError, match=NAMED[form]) as error:
        read(tmp_path, keys, store=store)
    assert "0x" not in str(error.value) and not list((tmp_path / "set").iterdir())
    dataset = read(tmp_path, keys, store=store, skip_unreadable=True)
    assert len(dataset.images) == 23 and dataset.manifest["rejected"]["unreadable"] == 1
    (skipped,) = dataset.manifest["skipped"]
    assert {"records": "key 6: ", "parquet": "row 5: "}.get(form, "0005") in skipped


def test_a_damaged_record_is_named_and_skipped_by_its_index(tmp_path):
    keys = as_records(tmp_path / "in", PHOTOS)
    lines = (tmp_path / "in/train.idx").read_text(encoding="utf-8").splitlines()
    place = int(next(line for line in lines if line.startswith("4\t")).split()[1])
    content = bytearray(Path(keys["path"]).read_bytes())
    content[place : place + 4] = struct.pack("<I", 7)
    Path(keys["path"]).write_bytes(content)
    with pytest.raises(UserError, match=r"key 4: .*train\.rec holds no record .*, or set data\.skip_unreadable: true"):
        read(tmp_path, keys)
    dataset = read(tmp_path, keys, skip_unreadable=True)
    assert len(dataset.images) == 23 and dataset.manifest["skipped"][0].startswith("key 4: ")


def test_lines_and_rows_that_name_nothing_are_skipped_on_request(tmp_path, pa, pq):
    keys = as_list(tmp_path / "in", PHOTOS)
    (tmp_path / "in/images/0007/0001.jpg").unlink()
    with pytest.raises(UserError, match=r"list\.csv, line 3 names .*0001\.jpg, which cannot be read .*skip_unreadable"):
        read(tmp_path, keys)
    assert len(read(tmp_path, keys, skip_unreadable=True).images) == 23
    table = pa.table({"image": [None, *(data for _, data in PHOTOS[1:])], "label": [label for label, _ in PHOTOS]})
    pq.write_table(table, tmp_path / "a.parquet")
    keys = {"source": "parquet", "path": str(tmp_path / "a.parquet")}
    with pytest.raises(UserError, match=r"a\.parquet, row 0 has no image: .*, or set data\.skip_unreadable: true"):
        read(tmp_path, keys)
    assert len(read(tmp_path, keys, skip_unreadable=True).images) == 23


def test_an_image_twice_in_a_class_is_one_and_one_in_two_classes_is_counted(tmp_path):
    made = [*PHOTOS, PHOTOS[0], (PHOTOS[23][0], PHOTOS[0][1])]
    dataset = read(tmp_path, as_records(tmp_path / "in", made), store="encoded")
    assert len(dataset.images) == 25 and dataset.manifest["rejected"]["duplicate in its class"] == 1
    path = tmp_path / "in/train.rec"
    assert dataset.manifest["shared"]["pairs"] == [[f"{path}, key 1", f"{path}, key 26"]]


BLANK: Photos = [(70, encoded(np.full((SIZE, SIZE, 3), 255, np.uint8), form)) for form in ("PNG", "BMP")]
OF_BLANK = {
    "folder": r"class \S*in/0070",
    "records": r"class 70 of \S*in/train\.rec",
    "webdataset": r"class 70 of \S*in/\S+\.tar",
    "list": r"class 70 of \S*in/list\.csv",
    "parquet": r"class 70 of \S*in",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_class_whose_different_images_are_one_picture_is_refused(tmp_path, form):
    keys = FORMS[form](tmp_path / "in", [*PHOTOS, *BLANK])
    said = rf"^{OF_BLANK[form]}: its 2 different images .* with 255 in every pixel"
    with pytest.raises(UserError, match=said):
        read(tmp_path, keys, store="encoded")
    dataset = read(tmp_path, keys, store="encoded", skip_unreadable=True)
    assert dataset.manifest["one_picture"] == [dataset.names[-1]] and "70" in dataset.names[-1]
    trained = as_folder(tmp_path / "trained", PHOTOS)
    with pytest.raises(UserError, match=said):
        read(tmp_path, trained, test=keys)


def test_a_list_gives_the_records_labels(tmp_path):
    keys = as_records(tmp_path / "in", PHOTOS)
    rows = [f"{number}\t{label // 7 - 1}\tx.jpg\n" for number, (label, _) in enumerate(PHOTOS, 1)]
    (tmp_path / "in/other.lst").write_text("".join(rows), encoding="utf-8")
    dataset = read(tmp_path, keys, labels=str(tmp_path / "in/other.lst"))
    assert dataset.names == list("012345")


def test_a_table_may_name_its_labels(tmp_path):
    names = [f"person {number}" for number in range(43)]
    dataset = read(tmp_path, as_table(tmp_path / "in", PHOTOS, names))
    assert dataset.names == sorted(f"person {number}" for number in range(7, 43, 7))


def test_a_table_may_hold_paths_in_columns_of_any_name(tmp_path, wanted, pa, pq):
    as_folder(tmp_path / "images", PHOTOS)
    paths = [f"{label:04}/{number:04}.jpg" for number, (label, _) in enumerate(PHOTOS)]
    table = pa.table({"where": paths, "who": [float(label) for label, _ in PHOTOS]})
    pq.write_table(table, tmp_path / "a.parquet")
    keys = {"source": "parquet", "path": str(tmp_path / "a.parquet"), "root": str(tmp_path / "images")}
    with pytest.raises(UserError, match=r"a\.parquet has no column that is called as images are, but where, who: name"):
        read(tmp_path, keys)
    with pytest.raises(UserError, match=r"has no column face, but where, who: name one of them in data\.image"):
        read(tmp_path, keys, image="face", label="who")
    same(read(tmp_path, keys, image="where", label="who"), wanted)


@pytest.mark.parametrize("stream", [True, False])
def test_what_datasets_saves_to_a_disk_is_read(tmp_path, wanted, stream, pa):
    table = pa.table({"image": [{"bytes": data, "path": None} for _, data in PHOTOS], "label": [p[0] for p in PHOTOS]})
    (tmp_path / "in").mkdir()
    made = pa.ipc.new_stream if stream else pa.ipc.new_file
    with pa.OSFile(str(tmp_path / "in/data-00000-of-00001.arrow"), "wb") as file, made(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=5)
    (tmp_path / "in/state.json").write_text("{}", encoding="utf-8")
    same(read(tmp_path, {"source": "parquet", "path": str(tmp_path / "in")}), wanted)


def test_a_folder_with_several_parts_of_a_set_asks_for_one(tmp_path, wanted):
    keys = as_table(tmp_path / "in", PHOTOS)
    shutil.copy(tmp_path / "in/data/train-00000-of-00002.parquet", tmp_path / "in/data/test-00000-of-00001.parquet")
    said = r"in holds the parts test, train of a set: name the files of one, such as (.*)"
    with pytest.raises(UserError, match=said) as error:
        read(tmp_path, keys)
    same(read(tmp_path, keys | {"path": re.search(said, str(error.value))[1]}), wanted)


@pytest.mark.parametrize(
    ("of_one", "others"),
    [
        (["a [b]/train-0-of-2.parquet", "a [b]/train-1-of-2-9ab.parquet"], ["a [b]/test-0-of-1.parquet"]),
        (["train/data-0.arrow", "train/data-1.arrow"], ["test/data-0.arrow"]),
        (["val-0.parquet", "val-1.parquet"], ["train-0.parquet", "test-0.parquet", "vale-0.parquet"]),
        (["train.parquet"], ["test.parquet", "trainer.parquet"]),
        (["train.0.arrow", "train.1.arrow"], ["test.0.arrow"]),
    ],
    ids=["shards in a folder", "folders", "a name that begins another", "single files", "dots"],
)
def test_the_files_that_are_named_as_one_part_are_those_of_the_part(tmp_path, of_one, others):
    for name in (*of_one, *others):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(UserError, match="holds the parts") as error:
        tables(str(tmp_path))
    assert tables(str(error.value).partition("such as ")[2]) == [tmp_path / name for name in of_one]


def test_a_file_that_is_no_table_is_named(tmp_path, pa):
    (tmp_path / "a.parquet").write_bytes(b"no table")
    with pytest.raises(UserError, match=r"a\.parquet cannot be read as a table \(.*: fetch it again"):
        read(tmp_path, {"source": "parquet", "path": str(tmp_path / "a.parquet")})


@pytest.mark.parametrize("form", FORMS)
def test_a_plan_notices_every_file_that_changes(tmp_path, form):
    data = section(FORMS[form](tmp_path / "in", PHOTOS))
    before = listing(data)
    assert listing(data) == before
    for path in sorted(path for path in (tmp_path / "in").rglob("*") if path.is_file()):
        os.utime(path, ns=(1, 1))
        after = listing(data)
        assert after != before, path
        before = after


def test_a_plan_goes_on_without_the_files(tmp_path):
    assert listing(section({"source": "list", "path": str(tmp_path / "nowhere.csv")}))
    (tmp_path / "l.csv").write_text("a.png,1\nb\0.png,2\n")
    assert listing(section({"source": "list", "path": str(tmp_path / "l.csv")}))


def test_a_set_is_refused_where_the_file_that_its_images_lie_in_has_changed(tmp_path):
    keys = as_records(tmp_path / "in", PHOTOS)
    read(tmp_path, keys, store="encoded")
    path = Path(keys["path"])
    content = path.read_bytes()
    for change in (lambda: path.write_bytes(content[:-4]), path.unlink):
        change()
        for opened in (open_dataset, open_images, check_mapped):
            with pytest.raises(
                UserError, match=r"train\.rec, which the images of .*set lie in, is not there as it was"
            ):
                opened(tmp_path / "set")


def test_a_changed_index_is_found(tmp_path):
    read(tmp_path, as_records(tmp_path / "in", PHOTOS), store="encoded")
    index = np.load(tmp_path / "set/index.npy")
    np.save(tmp_path / "set/index.npy", index[::-1])
    with pytest.raises(UserError, match=r"index\.npy is not what its manifest describes"):
        open_dataset(tmp_path / "set")


def test_an_image_that_is_none_any_more_is_named(tmp_path):
    dataset = read(tmp_path, as_records(tmp_path / "in", PHOTOS), store="encoded")
    place = dataset.images.place(0)
    with (tmp_path / "in/train.rec").open("r+b") as file:
        file.seek(place.offset)
        file.write(bytes(place.length))
    with pytest.raises(UserError, match=rf"train\.rec at byte {place.offset:,} holds no image any more"):
        dataset.images[:1]


def test_the_manifest_says_where_a_set_comes_from(tmp_path):
    keys = as_records(tmp_path / "in", PHOTOS)
    read(tmp_path, keys)
    manifest = json.loads((tmp_path / "set/manifest.json").read_text(encoding="utf-8"))
    assert manifest["sources"][0]["package"] == keys["path"] and manifest["groups"][0]["family"] == "train.rec"
    assert manifest["settings"] == {
        **{"name": "set", "size": SIZE, "colour": "rgb", "skip_unreadable": False},
        **keys,
    }
    assert manifest["list"] == listing(section(keys))


def test_more_files_than_a_process_may_hold_are_mapped_in_turn(tmp_path, monkeypatch):
    files, index = [], []
    for number in range(40):
        (tmp_path / f"{number}.tar").write_bytes(content := saved(np.full((8, 8), number, np.uint8), "PNG"))
        files.append(tmp_path / f"{number}.tar")
        index.append([number, 0, len(content)])
    monkeypatch.setattr(images_module, "MOST_MAPPED", 5)
    encoded = EncodedImages(files, np.array(index), 8, "L", "white")
    for rows in (np.arange(40), np.arange(40)[::-1]):
        assert encoded[rows][:, 0, 0].tolist() == rows.tolist() and len(encoded._mapped) == 5
