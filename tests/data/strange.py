"""Small real files that are not what a reader of images expects, each made by a function; nothing of it is stored.

The picture that good ones show is dark on its left half and bright on its right, DARK and BRIGHT of 255.
"""

import io
import os
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SIDE, DARK, BRIGHT = 16, 51, 204
MAKER, RESOLUTION, EXIF_BLOCK, ORIENTATION, DATE = 0x010F, 0x011A, 0x8769, 0x0112, 0x0132
SHORT, TEXT, LONG, RATIO, SIGNED_RATIO = 3, 2, 4, 5, 10  # types of TIFF and EXIF

Make = Callable[[Path], None]


def plain(folder: Path) -> Path:
    """Six classes of two images that nothing is wrong with."""
    rng = np.random.default_rng(0)
    for number in range(6):
        (folder / f"class {number}").mkdir(parents=True)
        for image in range(2):
            Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8)).save(folder / f"class {number}" / f"{image}.png")
    return folder


def halves(left: float = DARK, right: float = BRIGHT, kind: type = np.uint8) -> np.ndarray:
    """The picture, (SIDE, SIDE) of `kind`."""
    return np.repeat(np.array([[left, right]], kind), [SIDE // 2] * 2, axis=1).repeat(SIDE, axis=0)


def saved(image: Image.Image | np.ndarray, form: str, **options: object) -> bytes:
    """The bytes of an image file."""
    memory = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(memory, form, **options)
    return memory.getvalue()


def holds(content: bytes) -> Make:
    """Makes a file of these bytes."""
    return lambda path: path.write_bytes(content)


def of_picture(form: str, image: Image.Image | np.ndarray | None = None, **options: object) -> Make:
    """Makes a file in a format of Pillow's; without an image, of the picture."""
    return holds(saved(halves() if image is None else image, form, **options))


def cut_out(mode: str = "RGBA", clear: str = "left", ink: int = DARK) -> Image.Image:
    """The picture's one half in the colour `ink`, the other half transparent with black behind it."""
    alpha = halves(0, 255) if clear == "left" else halves(255, 0)
    grey = Image.fromarray(np.where(alpha, ink, 0).astype(np.uint8))
    return Image.merge("LA", (grey, Image.fromarray(alpha))).convert(mode)


def palette() -> Image.Image:
    """The picture by a palette, whose first colour is the dark one."""
    image = Image.fromarray(halves(0, 1), "P")
    image.putpalette([DARK] * 3 + [BRIGHT] * 3)
    return image


def tiff(bits: int, pixels: bytes, white_is_zero: bool = False, sample: int = 1, order: str = "<") -> bytes:
    """A TIFF of one strip, SIDE x SIDE; `sample` is 1 for whole numbers, 2 for those with a sign, 3 for floats."""
    facts = {256: SIDE, 257: SIDE, 258: bits, 259: 1, 262: int(not white_is_zero), 277: 1, 278: SIDE, 339: sample}
    start = 8 + 2 + 12 * (len(facts) + 2) + 4
    entries = [(tag, SHORT, value) for tag, value in facts.items()] + [(273, LONG, start), (279, LONG, len(pixels))]
    packed = (
        struct.pack(f"{order}HHI{'HH' if kind == SHORT else 'I'}", tag, kind, 1, value, *([0] if kind == SHORT else []))
        for tag, kind, value in sorted(entries)
    )
    mark = b"II" if order == "<" else b"MM"
    head = mark + struct.pack(f"{order}HIH", 42, 8, len(entries))
    return head + b"".join(packed) + bytes(4) + pixels


def twelve_bits(values: np.ndarray) -> bytes:
    """Numbers below 4096, two in three bytes."""
    first, second = values.reshape(-1, 2).astype(int).T
    return np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=1).astype(np.uint8).tobytes()


def png(
    bits: int, colour: int, rows: np.ndarray, *extra: tuple[bytes, bytes], size: tuple[int, int] | None = None
) -> bytes:
    """A PNG of big-endian rows (H, bytes); `size` is what it claims to be."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", *(size or (SIDE, SIDE)), bits, colour, 0, 0, 0)
    content = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    chunks = [(b"IHDR", head), *extra, (b"IDAT", content), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def exif(*entries: tuple[int, int, int, bytes], after: bytes = b"") -> bytes:
    """An EXIF block, little-endian: entries of tag, type, count and four bytes of value or offset; then other bytes."""
    packed = (struct.pack("<HHI4s", *entry) for entry in entries)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(packed) + bytes(4) + after


def photo(block: bytes) -> Make:
    """Makes a JPEG of a photo taken with the camera held upright, so that it shows the picture lying on its side."""
    return of_picture("JPEG", np.rot90(halves()), quality=95, exif=block)


UPRIGHT = (ORIENTATION, SHORT, 1, struct.pack("<I", 6))
AFTER_TWO = struct.pack("<I", 8 + 2 + 12 * 2 + 4)  # where the bytes after two entries begin


def dds(fourcc: bytes) -> bytes:
    """A texture in the compression `fourcc`."""
    size = struct.pack("<7I", 124, 0x1007, 8, 8, 0, 0, 0) + bytes(44)
    return b"DDS " + size + struct.pack("<2I4s5I", 32, 4, fourcc, 0, 0, 0, 0, 0) + bytes(20 + 256)


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n{} loop\n"
"""what an interpreter would never be done with"""


def news(image: bytes) -> bytes:
    """An IPTC file around the bytes of an image."""
    facts = {(3, 20): b"\x08", (3, 30): b"\x08", (3, 60): b"\1\0", (3, 120): b"\5", (8, 10): image}
    return b"".join(bytes([0x1C, *tag]) + struct.pack(">H", len(value)) + value for tag, value in facts.items())


def metafile() -> bytes:
    """The head of a drawing that Windows draws."""
    return b"\xd7\xcd\xc6\x9a\0\0" + struct.pack("<4hH", 0, 0, 8, 8, 72) + bytes(6) + b"\1\0\t\0" + bytes(40)


def fits() -> bytes:
    """An astronomer's picture, whose numbers have a sign."""
    cards = {"SIMPLE": "T", "BITPIX": 16, "NAXIS": 2, "NAXIS1": SIDE, "NAXIS2": SIDE}
    lines = [f"{key:8}= {value:>20}".ljust(80) for key, value in cards.items()] + ["END".ljust(80)]
    return "".join(lines).ljust(2880).encode() + halves(-5, 300, ">i2").tobytes()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as own:
        here = os.getcwd()
        os.chdir(path.parent)  # the name of a socket must be short
        try:
            own.bind(path.name)
        finally:
            os.chdir(here)


def link(target: str) -> Make:
    """Makes a link."""
    return lambda path: path.symlink_to(target)
