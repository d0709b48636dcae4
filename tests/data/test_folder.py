"""One's own images: any layout ImageFolder takes, and a clear word about every file that is not right."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workflow.cells.data_section import Data
from workflow.data.build import build
from workflow.errors import UserError

FORMATS = ("png", "jpg", "bmp", "webp", "gif", "tiff")


def make(folder: Path, classes: int = 6, images: int = 3, seed: int = 0) -> Path:
    """A folder of class directories with random colour images in various formats and shapes."""
    rng = np.random.default_rng(seed)
    for number in range(classes):
        (folder / f"class {number}").mkdir(parents=True)
        for image in range(images):
            shape = (40, 60, 3) if image % 2 else (50, 30, 3)
            pixels = np.kron(rng.integers(0, 256, (5, 6, 3) if image % 2 else (5, 3, 3)), np.ones((8, 10, 1)))
            path = folder / f"class {number}" / f"{image}.{FORMATS[image % len(FORMATS)]}"
            Image.fromarray(pixels[: shape[0], : shape[1]].astype(np.uint8)).save(path)
    return folder


@pytest.fixture
def photos(tmp_path) -> Path:
    return make(tmp_path / "photos")


def read(photos: Path, **keys):
    section = {"name": "photos", "source": "folder", "path": str(photos), **keys}
    return build(Data.parse(section), photos.parent / "dataset", photos.parent, 1)


@pytest.mark.parametrize(("colour", "shape"), [("grey", (32, 32)), ("rgb", (32, 32, 3))])
def test_directories_are_classes(photos, colour, shape):
    dataset = read(photos, colour=colour)
    assert dataset.images.shape == (18, *shape)
    assert dataset.names == [f"class {number}" for number in range(6)]
    np.testing.assert_array_equal(dataset.classes, np.repeat(np.arange(6), 3))
    assert not dataset.groups.any() and dataset.parts is None
    assert dataset.manifest["groups"][0]["family"] == "photos"


def test_images_are_cropped_to_the_centre_not_stretched(photos):
    wide = np.zeros((32, 96, 3), np.uint8)
    wide[:, 32:64] = (10, 200, 30)
    Image.fromarray(wide).save(photos / "class 0" / "0.png")
    first = read(photos, colour="rgb").images[0]
    assert np.abs(first[:, 1:-1].astype(int) - (10, 200, 30)).max() <= 2


def test_the_orientation_of_a_camera_is_undone(photos):
    pixels = np.zeros((32, 32), np.uint8)
    pixels[:16] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    Image.fromarray(pixels).save(photos / "class 0" / "0.png", exif=exif)
    first = read(photos).images[0]
    assert first[:14].max() == 0 and first[18:].min() == 255


def test_processes_change_nothing(photos, tmp_path):
    data = Data.parse({"name": "photos", "source": "folder", "path": str(photos)})
    assert read(photos).manifest["hash"] == build(data, tmp_path / "b", tmp_path, 2).manifest["hash"]


def test_nested_directories_belong_to_their_class_and_other_files_are_counted(photos, capsys):
    (photos / "class 1" / "more").mkdir()
    (photos / "class 1" / "1.jpg").rename(photos / "class 1" / "more" / "deep.jpg")
    (photos / "class 1" / "notes.txt").write_text("not an image")
    (photos / "class 1" / ".DS_Store").write_text("")
    (photos / "README.txt").write_text("")
    dataset = read(photos)
    assert len(dataset.images) == 18
    assert dataset.manifest["rejected"] == {
        "hidden": 1,
        "not an image by its name": 1,
        "duplicate in its class": 0,
    }
    assert "files that are no images by their names: 1 with .txt" in capsys.readouterr().err


def test_an_image_twice_in_a_class_is_one_instance(photos):
    (photos / "class 2" / "copy.png").write_bytes((photos / "class 2" / "0.png").read_bytes())
    dataset = read(photos)
    assert len(dataset.images) == 18 and dataset.manifest["rejected"]["duplicate in its class"] == 1


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("spoil", [truncate, lambda path: path.write_bytes(b""), lambda path: path.write_text("hello")])
def test_a_broken_image_is_named_or_skipped_on_request(photos, spoil):
    spoil(photos / "class 3" / "1.jpg")
    with pytest.raises(UserError, match=r"class 3/1\.jpg cannot be read .*data\.skip_unreadable: true"):
        read(photos)
    assert not (photos.parent / "dataset" / "manifest.json").exists()
    dataset = read(photos, skip_unreadable=True)
    assert len(dataset.images) == 17
    assert dataset.manifest["rejected"]["unreadable"] == 1
    assert [line.partition(":")[0] for line in dataset.manifest["skipped"]] == ["class 3/1.jpg"]


def test_a_file_without_permission_is_named(photos, monkeypatch):
    real = Image.open

    def deny(path, *rest):
        if Path(path).name == "1.jpg":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest)

    monkeypatch.setattr(Image, "open", deny)
    with pytest.raises(UserError, match=r"class 0/1\.jpg cannot be read \(.*Permission denied"):
        read(photos)


def test_empty_classes_are_named_and_left_out_on_request(photos, capsys):
    (photos / "class 9").mkdir()
    with pytest.raises(UserError, match=r"^class .*/class 9 holds no image: delete the directory or put images into"):
        read(photos)
    for number in range(7000, 7050):
        (photos / f"class {number}").mkdir()
    with pytest.raises(UserError, match=r"^51 classes hold no image, the first .*/class 7000: delete .*skip_unread"):
        read(photos)
    dataset = read(photos, skip_unreadable=True)
    assert len(dataset.names) == 6 and dataset.manifest["rejected"]["class without an image"] == 51
    assert "left out: 51 classes hold no image, the first" in capsys.readouterr().err


def test_a_class_of_files_that_nothing_here_reads_says_which(photos):
    (photos / "class 9").mkdir()
    for name in ("a.heic", "b.heic", "c.mov"):
        (photos / "class 9" / name).write_bytes(b"ftyp")
    with pytest.raises(UserError, match=r"class 9 holds no image: convert its files \(2 with \.heic, 1 with \.mov\)"):
        read(photos)


def test_a_class_of_unreadable_files_only_is_left_out_with_a_word(photos, capsys):
    for path in (photos / "class 0").iterdir():
        path.write_bytes(b"")
    with pytest.raises(UserError, match="has 5 classes that can be read: at least 6"):
        read(photos, skip_unreadable=True)
    assert "class class 0 is left out" in capsys.readouterr().err


def test_too_few_classes_are_counted(tmp_path):
    with pytest.raises(UserError, match="has 3 classes"):
        read(make(tmp_path / "photos", classes=3))


def test_a_folder_of_images_without_classes_is_explained(tmp_path):
    (tmp_path / "photos").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "photos" / "a.png")
    with pytest.raises(UserError, match="one directory per class"):
        read(tmp_path / "photos")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"data\.path: .*nowhere does not exist"):
        read(tmp_path / "nowhere")


def test_an_unreadable_folder_is_named(photos, deny_listing):
    deny_listing("class 4")
    with pytest.raises(UserError, match=r"class 4 cannot be listed \(Permission denied\)"):
        read(photos)


def test_changed_images_are_read_again(photos):
    before = read(photos).manifest["hash"]
    Image.new("RGB", (32, 32), "red").save(photos / "class 0" / "0.png")
    assert read(photos).manifest["hash"] != before


def test_a_folder_needs_a_path():
    with pytest.raises(UserError, match=r"'data\.path': it must name the directory"):
        Data.parse({"name": "photos", "source": "folder"}, "data")


def one_picture(folder: Path, pixels: list[tuple[int, int]]) -> None:
    """Cut-outs of one colour each on nothing, as grey and alpha: of different shapes, but of equal ones in black."""
    for number, (grey, alpha) in enumerate(pixels):
        image = Image.new("LA", (40, 40))
        image.paste((grey, alpha), (5 * number, 5, 20 + 5 * number, 30))
        image.save(folder / f"{number}.png")


def test_a_class_whose_different_files_become_one_picture_is_refused(photos, capsys):
    (photos / "logos").mkdir()
    one_picture(photos / "logos", [(255, 255), (255, 128), (255, 30)])
    with pytest.raises(
        UserError, match=r"class .*/photos/logos: its 3 different images all become one picture with 255 in"
    ):
        read(photos)
    dataset = read(photos, skip_unreadable=True)
    assert dataset.manifest["one_picture"] == ["logos"] and dataset.names[-1] == "logos"
    assert "logos: its 3 different images all become one picture with 255 in every pixel, which is kept once" in (
        capsys.readouterr().err
    )
    assert len(read(photos, ground="black").images) == 18 + 3


def test_so_is_one_that_is_not_the_last_and_not_plain(photos):
    image = Image.open(photos / "class 1" / "0.png")
    (photos / "class 1" / "1.jpg").unlink()
    (photos / "class 1" / "2.bmp").unlink()
    image.save(photos / "class 1" / "1.bmp")
    with pytest.raises(UserError, match="class 1: its 2 different images all become one picture: set another"):
        read(photos)


def test_a_class_of_copies_is_one_image(photos):
    for name in ("1.jpg", "2.bmp"):
        (photos / "class 1" / name).write_bytes((photos / "class 1" / "0.png").read_bytes())
    dataset = read(photos)
    assert len(dataset.images) == 16 and dataset.manifest["one_picture"] == []


def test_a_picture_in_several_classes_is_counted_and_named(photos, capsys):
    for number in range(1, 4):
        (photos / f"class {number}" / "copy.png").write_bytes((photos / f"class {number - 1}" / "0.png").read_bytes())
    (photos / "class 3" / "copy of it.png").write_bytes((photos / "class 3" / "copy.png").read_bytes())
    dataset = read(photos)
    pairs = [[f"class {number - 1}/0.png", f"class {number}/copy.png"] for number in (1, 2)]
    assert dataset.manifest["shared"] == {
        "pictures": 3,
        "images": 6,
        "pairs": [*pairs, ["class 2/0.png", "class 3/copy of it.png"]],
    }
    said = capsys.readouterr().err
    assert (
        "pictures in more than one class: 3, the first in class 0/0.png and class 1/copy.png; each is a wrong" in said
    )


def test_nothing_shared_is_counted_as_nothing(photos, capsys):
    assert read(photos).manifest["shared"] == {"pictures": 0, "images": 0, "pairs": []}
    assert "more than one class" not in capsys.readouterr().err


@pytest.mark.parametrize("store", ["pixels", "encoded"])
def test_images_that_use_a_part_of_their_range_are_counted_and_the_first_is_named(photos, capsys, store):
    twelve_bits = np.random.default_rng(0).integers(0, 4096, (8, 8)).astype(np.uint16)
    for name, pixels in (("dim", twelve_bits), ("dim too", twelve_bits // 2), ("bright", 16 * twelve_bits)):
        Image.fromarray(pixels).save(photos / "class 2" / f"{name}.png")
    dataset = read(photos, store=store)
    assert dataset.manifest["dim"] == 2 and len(dataset.images) == 21
    said = capsys.readouterr().err
    assert "images without a pixel brighter than an eighth of white: 2, the first class 2/dim too.png; if" in said


def test_of_bright_images_nothing_is_said(photos, capsys):
    assert read(photos).manifest["dim"] == 0 and "brighter than" not in capsys.readouterr().err
