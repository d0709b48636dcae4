"""Glyphs as images: one face of a font file, one pixel size, every character cropped to its ink and centred.

No font is installed: FreeType reads the bytes out of the package. A face may be spread over many files (a web font cut
into Unicode ranges); each character is drawn from the first file whose character map has it, never from `.notdef`.
"""

import functools
import io

import numpy as np
from PIL import Image, ImageFont

from workflow.data.fonts import Face, font_files
from workflow.data.sieve import hashes

FILL = 0.875  # the 90th percentile of a face's larger ink side, as a share of the image
SAMPLES = 60  # glyphs measured to find a face's pixel size


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


def _centred(mask: "Image.core.ImagingCore", box: tuple[int, int, int, int], size: int) -> np.ndarray:
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
