"""Glyphs as images: one face of a font file, one pixel size, every character cropped to its ink and centred.

No font is installed: FreeType reads the bytes out of the package. A face may be spread over many files (a web font cut
into Unicode ranges); each character is drawn from the first file whose character map has it, never from `.notdef`.
"""

import functools
import hashlib
import io
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageFont

from workflow.errors import UserError

FILL = 0.875  # the 90th percentile of a face's larger ink side, as a share of the image
SAMPLES = 60  # glyphs measured to find a face's pixel size


@dataclass(frozen=True)
class Face:
    """One font face: where its files lie, and which of its instances is meant.

    archive: a wheel, an npm tarball, a Debian package or a folder of fonts; file: a path or a pattern inside it;
    index: the face inside a collection; weight: the `wght` of a variable font, None for a static one.
    """

    archive: Path
    file: str
    index: int = 0
    weight: int | None = None


def character_map(face: Face) -> dict[int, int]:
    """Code point -> number of the file (in the order of `font_files`) that draws it."""
    found: dict[int, int] = {}
    for number, data in enumerate(font_files(face)):
        with TTFont(io.BytesIO(data), fontNumber=face.index, lazy=True) as font:
            for code in font.getBestCmap() or {}:
                found.setdefault(code, number)
    return found


@functools.lru_cache(maxsize=2)
def font_files(face: Face) -> tuple[bytes, ...]:
    """The bytes of the face's font files, sorted by their path in the archive; UserError if there is none."""
    read = _READERS.get(face.archive.suffix, _read_folder)
    found = read(face.archive, face.file)
    if not found:
        raise UserError(f"{face.archive} holds no font {face.file}: delete it and run again")
    return tuple(found[name] for name in sorted(found))


def pixel_size(face: Face, codes: np.ndarray, files: np.ndarray, size: int) -> int:
    """Font size in pixels at which 90 % of the face's glyphs are at most FILL * size wide and high."""
    sample = np.unique(np.linspace(0, len(codes) - 1, SAMPLES).round().astype(int))
    trial = 2 * size
    fonts = _fonts(face, trial)
    boxes = [fonts[files[i]].getmask2(chr(codes[i]), "L")[0].getbbox() for i in sample]
    sides = [max(box[2] - box[0], box[3] - box[1]) for box in boxes if box]
    if not sides:
        return size
    return max(4, round(trial * FILL * size / np.percentile(sides, 90)))


def render(face: Face, pixels: int, codes: np.ndarray, files: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw `codes` (n,) int64 of one face; `files` (n,) says which of its files draws each.

    Returns images (n, size, size) uint8, ink 255 on 0, all 0 where the glyph is blank, and their hashes (n,) uint64.
    """
    fonts = _fonts(face, pixels)
    images = np.zeros((len(codes), size, size), np.uint8)
    for image, code, file in zip(images, codes, files, strict=True):
        mask, _ = fonts[file].getmask2(chr(code), "L")
        if box := mask.getbbox():
            image[:] = _centred(mask, box, size)
    return images, hashes(images)


def hashes(images: np.ndarray) -> np.ndarray:
    """64-bit content hash of every image, (n,) uint64."""
    digests = b"".join(hashlib.blake2b(image.tobytes(), digest_size=8).digest() for image in images)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _centred(mask: object, box: tuple[int, int, int, int], size: int) -> np.ndarray:
    ink = Image.Image()._new(mask).crop(box)
    if max(ink.size) > size:
        ink.thumbnail((size, size), Image.Resampling.LANCZOS)
    canvas = Image.new("L", (size, size))
    canvas.paste(ink, ((size - ink.width) // 2, (size - ink.height) // 2))
    return np.asarray(canvas)


@functools.lru_cache(maxsize=4)
def _fonts(face: Face, pixels: int) -> list[ImageFont.FreeTypeFont]:
    return [_font(face, data, pixels) for data in font_files(face)]


def _font(face: Face, data: bytes, pixels: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(io.BytesIO(data), pixels, index=face.index, layout_engine=ImageFont.Layout.BASIC)
    if face.weight is not None:
        font.set_variation_by_axes([face.weight])
    return font


def _read_zip(archive: Path, pattern: str) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist() if fnmatchcase(name, pattern)}


def _read_tar(archive: Path, pattern: str) -> dict[str, bytes]:
    with tarfile.open(archive) as tarball:
        return _members(tarball, pattern)


def _read_deb(archive: Path, pattern: str) -> dict[str, bytes]:
    files = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(archive)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(files)) as tarball:
        return _members(tarball, pattern)


def _members(tarball: tarfile.TarFile, pattern: str) -> dict[str, bytes]:
    files = (entry for entry in tarball if entry.isfile() and fnmatchcase(entry.name.removeprefix("./"), pattern))
    return {entry.name: tarball.extractfile(entry).read() for entry in files}


def _read_folder(folder: Path, pattern: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob(pattern)}


_READERS = {".whl": _read_zip, ".tgz": _read_tar, ".deb": _read_deb}
