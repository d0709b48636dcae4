"""Glyphs from every kind of archive, drawn alike, centred and at one size per face."""

import io
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import ImageFont

from workflow.data import render
from workflow.data.fonts import Face, character_map
from workflow.errors import UserError

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
SANS = Face(FONTS, "DejaVuSans.ttf")
CODES = np.array([ord(letter) for letter in "ABCgjMWil@"])
FIRST = np.zeros(len(CODES), np.int64)


def draw(face: Face, codes: np.ndarray = CODES, size: int = 32) -> np.ndarray:
    files = np.array([character_map(face)[code] for code in codes])
    return render.render(face, render.pixel_size(face, codes, files, size), codes, files, size)[0]


@pytest.mark.parametrize("size", [16, 32, 50])
def test_ink_is_centred_and_fills_the_image_as_said(size):
    images = draw(SANS, size=size)
    sides = []
    for image in images:
        rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
        assert abs(rows[0] - (size - 1 - rows[-1])) <= 1 and abs(columns[0] - (size - 1 - columns[-1])) <= 1
        sides.append(max(np.ptp(rows), np.ptp(columns)) + 1)
    assert images.dtype == np.uint8 and images.max() == 255
    assert abs(np.percentile(sides, 90) - render.FILL * size) <= 0.08 * size
    assert min(sides) < 0.7 * size  # a small letter stays small: one size per face, none per glyph


def test_an_image_is_what_the_font_library_draws():
    pixels = render.pixel_size(SANS, CODES, FIRST, 32)
    mask = ImageFont.truetype(str(FONTS / SANS.file), pixels, layout_engine=ImageFont.Layout.BASIC).getmask("B")
    ink = np.array(mask, dtype=np.uint8).reshape(mask.size[::-1])
    ink = ink[ink.any(axis=1)][:, ink.any(axis=0)]
    ours = draw(SANS)[1]
    np.testing.assert_array_equal(ours[ours.any(axis=1)][:, ours.any(axis=0)], ink)


def test_a_blank_glyph_gives_an_empty_image():
    images, hashes = render.render(SANS, 30, np.array([0x20, 0x2003, 0x41]), np.zeros(3, np.int64), 32)
    assert not images[:2].any() and images[2].any()
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_glyph_larger_than_the_image_is_shrunk_into_it():
    images, _ = render.render(SANS, 90, np.array([ord("W")]), np.zeros(1, np.int64), 32)
    assert images[0].any(axis=0).all()  # from edge to edge
    assert images[0].any(axis=1).mean() < 1  # in proportion


def archives(folder: Path) -> dict[str, Face]:
    name, font = "some/fonts/DejaVuSans.ttf", (FONTS / SANS.file).read_bytes()
    with zipfile.ZipFile(folder / "a.whl", "w") as wheel:
        wheel.writestr(name, font)
    with tarfile.open(folder / "a.tgz", "w:gz") as tarball:
        entry = tarfile.TarInfo("./" + name)
        entry.size = len(font)
        tarball.addfile(entry, io.BytesIO(font))
    return {"wheel": Face(folder / "a.whl", name), "npm": Face(folder / "a.tgz", "some/*/DejaVuSans.ttf")}


@pytest.mark.parametrize("kind", ["wheel", "npm"])
def test_fonts_are_read_out_of_archives(tmp_path, kind):
    np.testing.assert_array_equal(draw(archives(tmp_path)[kind]), draw(SANS))


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="Debian's packager is not here")
def test_fonts_are_read_out_of_debian_packages(tmp_path):
    (tmp_path / "p/usr/share").mkdir(parents=True)
    shutil.copy(FONTS / SANS.file, tmp_path / "p/usr/share")
    (tmp_path / "p/DEBIAN").mkdir()
    (tmp_path / "p/DEBIAN/control").write_text(
        "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: a\n"
    )
    subprocess.run(["dpkg-deb", "-b", tmp_path / "p", tmp_path / "a.deb"], check=True, capture_output=True)
    np.testing.assert_array_equal(draw(Face(tmp_path / "a.deb", "usr/share/DejaVu*.ttf")), draw(SANS))


def test_a_face_in_several_files_takes_each_character_from_the_first_that_has_it():
    spread = Face(FONTS, "DejaVuSans*.ttf")  # Sans-Bold stands first, Display is the last upright one
    files = character_map(spread)
    assert files[ord("A")] == 0
    np.testing.assert_array_equal(draw(spread), draw(Face(FONTS, "DejaVuSans-Bold.ttf")))
    only_later = next(code for code, number in files.items() if number > 0)
    assert render.render(spread, 30, np.array([only_later]), np.array([files[only_later]]), 32)[0].any()


def test_a_missing_font_file_is_named():
    with pytest.raises(UserError, match=r"holds no font nothing\.ttf"):
        character_map(Face(FONTS, "nothing.ttf"))
