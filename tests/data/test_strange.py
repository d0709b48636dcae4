"""Strange files of every kind, and what each becomes: the picture that a person sees, or a sentence that names it.

Each file of the tables lies in a class of its own. What can be seen is read in one go, and so is what is left out on
request; what is refused, one by one.
"""

import io
import json
import re
import struct
import sys
import zlib
from contextlib import redirect_stderr
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from tests.data import strange
from tests.data.strange import (
    BRIGHT,
    DARK,
    Make,
    cut_out,
    exif,
    halves,
    holds,
    of_picture,
    photo,
    plain,
    png,
    saved,
    tiff,
)
from workflow.data import build as module
from workflow.data import reading
from workflow.data.__main__ import main
from workflow.data.pixels import picture
from workflow.data.processes import in_parallel
from workflow.data.store import Dataset, open_dataset
from workflow.errors import command_line
from workflow.names import shown, text_of

SIZE = 8
WIDE, FULL = 257, 65535  # 16 bits: one grey of 255, and white
GREY = (DARK, BRIGHT)
"""what the two halves of the picture are"""


NO_WHITE = "its whole numbers do not say which of them is white: save it with 8 bits, or 16 without sign"
NOISE = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
NOISE_PNG, NOISE_JPEG = saved(NOISE, "PNG"), saved(NOISE, "JPEG", quality=95)


class Outcome(NamedTuple):
    """How the build ended, what it said, and the set that it made."""

    status: int
    said: str
    dataset: Dataset | None


def build(folder: Path, out: Path, jobs: int = 1, **keys: object) -> Outcome:
    """Read a folder by the stage's command, in this process."""
    settings = {"name": "t", "source": "folder", "path": text_of(folder), "size": SIZE, **keys}
    command = ["python -m workflow.data", "build", "--settings", json.dumps(settings), "--out", str(out)]
    command += ["--jobs", str(jobs)]
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(io.StringIO()) as said:
        patch.setattr(sys, "argv", command)
        patch.setattr(module, "provenance", dict)
        try:
            command_line(main)
        except SystemExit as ended:
            return Outcome(int(ended.code or 0), said.getvalue(), None)
    return Outcome(0, said.getvalue(), open_dataset(out))


def of_class(dataset: Dataset, name: str) -> np.ndarray:
    """The images of a class."""
    return dataset.images[dataset.classes == dataset.names.index(name)]


SEEN: dict[str, tuple[str, Make, tuple[int, int]]] = {
    "eight bits": ("a.png", of_picture("PNG"), GREY),
    "sixteen bits": ("a.png", of_picture("PNG", halves(DARK * WIDE, BRIGHT * WIDE, np.uint16)), GREY),
    "sixteen bits, all of them dark": ("a.png", of_picture("PNG", halves(3 * WIDE, 7 * WIDE, np.uint16)), (3, 7)),
    "sixteen bits of each colour": (
        "a.png",
        holds(png(16, 2, halves(DARK * WIDE, BRIGHT * WIDE, ">u2").repeat(3, axis=1))),
        GREY,
    ),
    "one bit": ("a.png", of_picture("PNG", halves(0, 1, bool)), (0, 255)),
    "TIFF of sixteen bits": ("a.tif", of_picture("TIFF", halves(DARK * WIDE, BRIGHT * WIDE, np.uint16)), GREY),
    "TIFF of sixteen bits from the other end": (
        "a.tif",
        holds(tiff(16, halves(DARK * WIDE, BRIGHT * WIDE, ">u2").tobytes(), order=">")),
        GREY,
    ),
    "TIFF whose white is zero": (
        "a.tif",
        holds(tiff(16, halves(FULL - DARK * WIDE, FULL - BRIGHT * WIDE, "<u2").tobytes(), white_is_zero=True)),
        GREY,
    ),
    "TIFF of twelve bits": (
        "a.tif",
        holds(tiff(12, strange.twelve_bits(halves(DARK * 4095 / 255, BRIGHT * 4095 / 255, float)))),
        GREY,
    ),
    "TIFF of floats": ("a.tif", of_picture("TIFF", halves(0.2, 0.8, np.float32)), GREY),
    "TIFF of floats whose white is zero": (
        "a.tif",
        holds(tiff(32, halves(0.8, 0.2, "<f4").tobytes(), white_is_zero=True, sample=3)),
        GREY,
    ),
    "PGM of sixteen bits": ("a.pgm", of_picture("PPM", halves(DARK * WIDE, BRIGHT * WIDE, np.uint16)), GREY),
    "PGM that says what is white": (
        "a.pgm",
        holds(b"P5 16 16 1000\n" + halves(200, 800, ">u2").tobytes()),
        GREY,
    ),
    "PFM": ("a.pfm", holds(b"Pf\n16 16\n-1.0\n" + halves(0.2, 0.8, "<f4").tobytes()), GREY),
    "JPEG 2000 of sixteen bits": (
        "a.jp2",
        of_picture("JPEG2000", halves(DARK * WIDE, BRIGHT * WIDE, np.uint16)),
        GREY,
    ),
    "colours with alpha": ("a.png", of_picture("PNG", cut_out()), (255, DARK)),
    "grey with alpha": ("a.png", of_picture("PNG", cut_out("LA")), (255, DARK)),
    "black ink in the alpha alone": ("a.png", of_picture("PNG", cut_out(ink=0, clear="right")), (0, 255)),
    "TIFF with alpha": ("a.tif", of_picture("TIFF", cut_out()), (255, DARK)),
    "WebP with alpha": ("a.webp", of_picture("WEBP", cut_out(), lossless=True), (255, DARK)),
    "AVIF with alpha": ("a.avif", of_picture("AVIF", cut_out(), quality=100), (255, DARK)),
    "icon": ("a.ico", of_picture("ICO", cut_out()), (255, DARK)),
    "Targa with alpha": ("a.tga", of_picture("TGA", cut_out()), (255, DARK)),
    "GIF with a transparent colour": ("a.gif", of_picture("GIF", strange.palette(), transparency=0), (255, BRIGHT)),
    "palette": ("a.png", of_picture("PNG", strange.palette()), GREY),
    "palette with a transparent colour": (
        "a.png",
        of_picture("PNG", strange.palette(), transparency=0),
        (255, BRIGHT),
    ),
    "palette, half transparent": (
        "a.png",
        of_picture("PNG", strange.palette(), transparency=bytes([128, 255])),
        (round((DARK * 128 + 255 * 127) / 255), BRIGHT),
    ),
    "a transparent grey": ("a.png", of_picture("PNG", transparency=DARK), (255, BRIGHT)),
    "a transparent grey of sixteen bits": (
        "a.png",
        of_picture("PNG", halves(DARK * WIDE, BRIGHT * WIDE, np.uint16), transparency=DARK * WIDE),
        (255, BRIGHT),
    ),
    "a transparent colour": (
        "a.png",
        of_picture("PNG", Image.fromarray(halves()).convert("RGB"), transparency=(DARK,) * 3),
        (255, BRIGHT),
    ),
    "a transparent colour of sixteen bits": (
        "a.png",
        holds(
            png(
                *(16, 2, halves(DARK * WIDE, BRIGHT * WIDE, ">u2").repeat(3, axis=1)),
                (b"tRNS", struct.pack(">3H", *[DARK * WIDE] * 3)),
            )
        ),
        (255, BRIGHT),
    ),
    "four inks": ("a.jpg", of_picture("JPEG", Image.fromarray(halves()).convert("CMYK"), quality=95), GREY),
    "held upright": ("a.jpg", photo(exif(strange.UPRIGHT)), GREY),
    "held upside down": ("a.png", of_picture("PNG", halves()[:, ::-1], exif=exif((274, 3, 1, b"\3\0\0\0"))[6:]), GREY),
    "TIFF held upside down": ("a.tif", of_picture("TIFF", halves()[:, ::-1], tiffinfo={274: 3}), GREY),
    "WebP that is a mirror image": (
        "a.webp",
        of_picture("WEBP", halves()[:, ::-1], lossless=True, exif=exif((274, 3, 1, b"\2\0\0\0"))[6:]),
        GREY,
    ),
    "EXIF: resolution is no ratio": ("a.jpg", photo(exif(strange.UPRIGHT, (0x011A, 3, 1, b"\x48\0\0\0"))), GREY),
    "EXIF: resolution without a number": (
        "a.jpg",
        photo(exif(strange.UPRIGHT, (0x011A, 5, 0, bytes(4)), (0x0128, 3, 1, b"\2\0\0\0"))),
        GREY,
    ),
    "EXIF: resolution is -1/0": (
        "a.jpg",
        photo(exif(strange.UPRIGHT, (0x011A, 10, 1, strange.AFTER_TWO), after=b"\xff\xff\xff\xff\0\0\0\0")),
        GREY,
    ),
    "EXIF: the maker is a number": ("a.jpg", photo(exif(strange.UPRIGHT, (0x010F, 3, 1, b"ab\0\0"))), GREY),
    "EXIF: cut short": ("a.jpg", photo(exif(strange.UPRIGHT, (0x011A, 5, 1, b"\xff\xff\0\0"))[:30]), GREY),
    "EXIF: points outside": ("a.jpg", photo(exif(strange.UPRIGHT, (0x8769, 4, 1, b"\xff\xff\xff\x7f"))), GREY),
    "EXIF: says nothing": ("a.jpg", of_picture("JPEG", halves(), quality=95, exif=b"Exif\0\0"), GREY),
    "EXIF: orientation is a text": (
        "a.jpg",
        of_picture("JPEG", halves(), quality=95, exif=exif((274, 2, 2, b"6\0\0\0"))),
        GREY,
    ),
    "EXIF: orientation of none": (
        "a.jpg",
        of_picture("JPEG", halves(), quality=95, exif=exif((274, 3, 1, b"\x63\0\0\0"))),
        GREY,
    ),
    "EXIF: no EXIF": ("a.png", of_picture("PNG", exif=b"nothing of the kind"), GREY),
    "another format than its name says": ("a.jpg", of_picture("PNG"), GREY),
    "a name in capitals": ("A.PNG", of_picture("PNG"), GREY),
    "a name of two lines": ("a\nb.png", of_picture("PNG"), GREY),
    "a name that is no UTF-8": ("gar\udce7on.png", of_picture("PNG"), GREY),
    "a folder with an image's name": (
        "a.png",
        lambda path: (path.mkdir(), strange.of_picture("PNG")(path / "b.png")),
        GREY,
    ),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A set of all of them, each a class."""
    folder = tmp_path_factory.mktemp("seen")
    for case, (name, make, _) in SEEN.items():
        (folder / "photos" / case.replace("/", ":")).mkdir(parents=True)
        make(folder / "photos" / case.replace("/", ":") / name)
    return build(folder / "photos", folder / "set")


@pytest.mark.parametrize("case", SEEN)
def test_a_picture_is_what_a_person_sees(case, seen):
    assert seen.status == 0, seen.said
    (image,) = of_class(seen.dataset, case.replace("/", ":"))
    np.testing.assert_allclose([image[:, 0].mean(), image[:, -1].mean()], SEEN[case][2], atol=3)
    assert image[:, 0].std() < 3 and image[:, -1].std() < 3


REFUSED: dict[str, tuple[str, Make, str]] = {
    "nothing": ("a.jpg", holds(b""), "cannot identify image file 'a.jpg'"),
    "a page in place of a photo": ("a.jpg", holds(b"<html>404</html>"), "cannot identify image file"),
    "a drawing by a photo's name": ("a.png", holds(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "cannot identify"),
    "half a PNG": ("a.png", holds(NOISE_PNG[:-400]), "image file is truncated|unrecognized data stream"),
    "the beginning of a PNG": ("a.png", holds(NOISE_PNG[:30]), "cannot identify image file"),
    "half a JPEG": ("a.jpg", holds(NOISE_JPEG[:-400]), "image file is truncated"),
    "a PNG with a wrong byte": ("a.png", holds(NOISE_PNG.replace(b"IDAT", b"IDAX")), "broken PNG file|cannot identify"),
    "a text that unpacks to gigabytes": (
        "a.png",
        holds(png(8, 0, halves(), (b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 24))))),
        "Decompressed data too large",
    ),
    "a bomb": ("a.png", holds(png(8, 0, halves(), size=(60000, 60000))), "decompression bomb"),
    "numbers of 32 bits": ("a.tif", of_picture("TIFF", halves(0, 1 << 30, np.int32)), NO_WHITE),
    "numbers of 32 bits without sign": ("a.tif", holds(tiff(32, halves(0, 1 << 31, "<u4").tobytes())), NO_WHITE),
    "numbers of 16 bits with a sign": ("a.tif", holds(tiff(16, halves(-9, 9, "<i2").tobytes(), sample=2)), NO_WHITE),
    "heights as floats": ("a.tif", of_picture("TIFF", halves(-3.5, 8848.9, np.float32)), r"from -3\.5 to 8848\.9"),
    "floats up to 255": ("a.tif", of_picture("TIFF", halves(DARK, BRIGHT, np.float32)), "from 51 to 204, and only"),
    "a float that is no number": ("a.tif", of_picture("TIFF", halves(0, np.nan, np.float32)), "from nan to nan"),
    "floats of 64 bits": ("a.tif", holds(tiff(64, halves(0, 1, "<f8").tobytes(), sample=3)), "cannot identify"),
    "stars": ("a.fits", holds(strange.fits()), NO_WHITE),
    "colours without a conversion": ("a.tif", of_picture("TIFF", Image.new("LAB", (8, 8))), "conversion from LAB to"),
    "a texture that nobody knows": ("a.dds", holds(strange.dds(b"XXXX")), "Unimplemented pixel format"),
    "a texture of a game": ("a.blp", holds(b"BLP2\1\0\0\0\3\x08\0\0" + bytes([8, 0, 0, 0] * 2) + bytes(1300)), "BLP"),
    "a damaged AVIF": ("a.avif", holds(saved(halves(), "AVIF").replace(b"av01", b"av99")), "AVIF|decode|identify"),
    "a damaged JPEG 2000": ("a.jp2", holds(saved(NOISE, "JPEG2000")[:-400]), "broken data|truncated|decode"),
    "a program without end": (
        "a.jpg",
        holds(strange.POSTSCRIPT),
        "PostScript files are drawn by a program, which is not run",
    ),
    "a program within news": ("a.jpg", holds(strange.news(strange.POSTSCRIPT)), "IPTC files are drawn by a program"),
    "a drawing for Windows": ("a.png", holds(strange.metafile()), "Windows metafiles are drawn by a program"),
    "a named pipe": ("a.jpg", strange.pipe, "is a named pipe"),
    "a socket": ("a.jpg", strange.listening, "is a socket"),
    "a link to a device": ("a.jpg", strange.link("/dev/zero"), "is a device"),
    "a link to nothing": ("a.png", strange.link("/no/such/disk/a.png"), "is a link to /no/such/disk/a.png, which does"),
    "a link to a folder that is gone": ("more", strange.link("/no/such/disk/more"), "which does not exist"),
    "a link to itself": ("a.png", strange.link("a.png"), r"cannot be reached \(Too many levels of symbolic links\)"),
    "a file of a name in two lines": ("a\nb.jpg", holds(b""), "cannot identify image file"),
    "a file of a name that is no UTF-8": ("gar\udce7on.jpg", holds(b""), "cannot identify image file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_named(case, tmp_path):
    name, make, sentence = REFUSED[case]
    (plain(tmp_path / "photos") / "odd").mkdir()
    make(tmp_path / "photos" / "odd" / name)
    outcome = build(tmp_path / "photos", tmp_path / "set")
    assert outcome.status == 2
    (said,) = [line for line in outcome.said.splitlines() if line.startswith("headroom: ")]
    assert re.search(sentence, said), said
    assert said.startswith(f"headroom: {tmp_path}/photos/odd/{shown(name)} ")
    assert said.endswith(": delete it, or set data.skip_unreadable: true")


def test_on_request_it_is_left_out_and_counted(tmp_path):
    photos = plain(tmp_path / "photos")
    for case, (name, make, _) in REFUSED.items():
        (photos / case).mkdir()
        make(photos / case / name)
    outcome = build(photos, tmp_path / "set", skip_unreadable=True)
    assert outcome.status == 0, outcome.said
    manifest = outcome.dataset.manifest
    assert manifest["rejected"]["unreadable"] == len(REFUSED)
    assert outcome.dataset.names == [f"class {number}" for number in range(6)]
    for case, (name, _, sentence) in REFUSED.items():
        (found,) = [line for line in manifest["skipped"] if line.startswith(f"{case}/{shown(name)}: ")]
        assert re.search(sentence, found), found


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (struct.error("unpack requires a buffer of 4 bytes"), "unpack requires a buffer"),
        (MemoryError(), "it asks for more memory than there is"),
        (RecursionError("maximum recursion depth exceeded"), "maximum recursion depth"),
        (KeyError("size"), "size"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_whatever_a_decoder_raises_names_the_file(error, sentence, tmp_path, monkeypatch):
    def fail(path: Path, mode: str, ground: str) -> Image.Image:
        if path.name == "1.png" and path.parent.name == "class 4":
            raise error
        return picture(path, mode, ground)

    monkeypatch.setattr(reading, "picture", fail)
    photos = plain(tmp_path / "photos")
    outcome = build(photos, tmp_path / "set")
    assert outcome.status == 2 and re.search(rf"class 4/1\.png cannot be read \(.*{sentence}", outcome.said)
    skipped = build(photos, tmp_path / "set", skip_unreadable=True).dataset
    assert len(skipped.images) == 11 and skipped.manifest["rejected"]["unreadable"] == 1


DEADLY = """
import os
from PIL import Image

usual = Image.open

def dies(source, *rest):
    if str(source).endswith("deadly.png"):
        os.kill(os.getpid(), {number})
    return usual(source, *rest)

Image.open = dies
"""
"""what Python runs when it starts, so that a decoder dies of a file"""


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("number", "skip", "sentence"),
    [
        (11, False, "{} cannot be read (the process that tried was killed by signal 11 (SIGSEGV)): delete it, or set"),
        (9, True, "a process was killed by signal 9 (SIGKILL): if memory was short, use fewer (--jobs, snakemake --c"),
        (11, True, None),
    ],
)
def test_a_file_that_a_decoder_dies_of_is_named(jobs, number, skip, sentence, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "in_parallel", in_parallel)
    (tmp_path / "sitecustomize.py").write_text(DEADLY.format(number=number))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    photos = plain(tmp_path / "photos")
    deadly = photos / "class 3/deadly.png"
    of_picture("PNG")(deadly)
    outcome = build(photos, tmp_path / "set", jobs, skip_unreadable=skip)
    if sentence is None:
        assert outcome.dataset.manifest["rejected"]["unreadable"] == 1 and len(outcome.dataset.images) == 12
    else:
        *_, last = outcome.said.splitlines()
        assert outcome.status == 2 and last.startswith(f"headroom: {sentence.format(deadly)}") and str(deadly) in last


LEFT_OUT: dict[str, tuple[str, Make, str]] = {
    "hidden": (".a.png", of_picture("PNG"), "hidden"),
    "half of a Mac file": ("._a.png", holds(b"Mac OS X"), "hidden"),
    "a desktop's": (".DS_Store", holds(b""), "hidden"),
    "an editor's lock": (".#a.png", strange.link("user@host.123:456"), "hidden"),
    "copies of notebooks": (".ipynb_checkpoints/a.png", of_picture("PNG"), "hidden"),
    "thumbnails of a file server": ("@eaDir/a.png/THUMB.jpg", holds(b"no image"), "of a file server or archive"),
    "an archive's shadows": ("__MACOSX/odd/a.png", holds(b"no image"), "of a file server or archive"),
    "what was deleted": ("$RECYCLE.BIN/a.png", of_picture("PNG"), "of a file server or archive"),
    "a list of thumbnails": ("Thumbs.db", holds(b""), "not an image by its name"),
    "notes": ("notes.txt", holds(b"text"), "not an image by its name"),
    "a document": ("a.pdf", of_picture("PDF"), "not an image by its name"),
    "numbers": ("a.h5", holds(b"\x89HDF\r\n\x1a\n"), "not an image by its name"),
    "a link to all": ("all", strange.link(".."), "link to a folder already read"),
    "a link to itself as folder": ("again", strange.link("."), "link to a folder already read"),
}


@pytest.mark.parametrize("case", LEFT_OUT)
@pytest.mark.parametrize("place", ["class 0", "."])
def test_what_is_no_image_is_left_out_and_counted(case, place, tmp_path):
    name, make, reason = LEFT_OUT[case]
    path = plain(tmp_path / "photos") / place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    outcome = build(tmp_path / "photos", tmp_path / "set")
    assert outcome.status == 0, outcome.said
    assert len(outcome.dataset.images) == 12 and len(outcome.dataset.names) == 6
    counted = place == "class 0" or reason != "not an image by its name"  # what lies beside the classes is of no class
    assert outcome.dataset.manifest["rejected"].get(reason) == (1 if counted else None)


def test_images_in_no_class_are_counted(tmp_path):
    of_picture("PNG")(plain(tmp_path / "photos") / "a.png")
    assert build(tmp_path / "photos", tmp_path / "set").dataset.manifest["rejected"]["in no class"] == 1


@pytest.mark.parametrize(("ground", "left"), [("white", 255), ("black", 0), ("#ff0000", 76)])
def test_the_ground_is_what_shows_through(ground, left, tmp_path):
    photos = plain(tmp_path / "photos")
    (photos / "odd").mkdir()
    of_picture("PNG", cut_out())(photos / "odd" / "a.png")
    (image,) = of_class(build(photos, tmp_path / "set", ground=ground).dataset, "odd")
    np.testing.assert_allclose([image[:, 0].mean(), image[:, -1].mean()], [left, DARK], atol=3)


def test_a_ground_must_be_a_colour(tmp_path):
    said = build(plain(tmp_path / "photos"), tmp_path / "set", ground="whit").said
    assert "'data.ground' is \"whit\": it must be one of white, black, '#RRGGBB'; did you mean 'white'?" in said


def test_opaque_images_with_alpha_are_what_they_are_without(tmp_path):
    for name, mode in (("a", "RGB"), ("b", "RGBA")):
        for path in sorted(plain(tmp_path / name).glob("*/*.png")):
            Image.open(path).convert(mode).save(path)
    hashes = {build(tmp_path / name, tmp_path / f"set {name}").dataset.manifest["hash"] for name in "ab"}
    assert len(hashes) == 1
