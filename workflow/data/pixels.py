"""An image file as a person sees it: upright, on a ground where it is transparent, with eight bits a channel."""

import io
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

WHITE = {"PNG": 65535, "PPM": 65535, "JPEG2000": 65535}
"""what stands for white in the 16-bit greys of a format, as Pillow delivers them; TIFF says it itself"""

PROGRAMS = {"EPS": "PostScript files", "WMF": "Windows metafiles", "IPTC": "IPTC files"}
"""formats that Pillow has another program draw, or that hold one of them: a set of images must not run anything"""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""what undoes each orientation of a camera"""

SAYS_TURN = {"exif", "xmp"}
"""where a JPEG says how its camera was held"""

JPEG = b"\xff\xd8"
JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\1\0\x48\0\x48\0\0"
BITS, PHOTOMETRIC = 258, 262  # tags of TIFF
WHITE_IS_ZERO = 0


def picture(source: Path | bytes, mode: str, ground: str) -> Image.Image:
    """The image in a file, or of encoded bytes, as Pillow's `mode` L or RGB; `ground` is the colour behind what is
    transparent.

    Raises what Pillow raises on a damaged file, and ValueError where nobody knows which number is white or only another
    program can draw it.
    """
    with _opened(source) as image:
        if image.format in PROGRAMS:
            raise ValueError(f"{PROGRAMS[image.format]} are drawn by a program, which is not run: save it as PNG")
        image.load()
        return _turned(image, _on_ground(_in_eight_bits(image), ground).convert(mode))


def _opened(source: Path | bytes) -> Image.Image:
    """Open an image, also a JPEG whose EXIF Pillow stumbles over when it looks there for the density."""
    try:
        return Image.open(source if isinstance(source, Path) else io.BytesIO(source))
    except UnidentifiedImageError:
        data = source.read_bytes() if isinstance(source, Path) else source
        if not data.startswith(JPEG):
            raise
        return Image.open(io.BytesIO(JPEG + JFIF + data.removeprefix(JPEG)))  # states a density


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Greys of 16 bits and floats by their format's range; all else is of eight bits already."""
    if image.mode == "F":
        return Image.fromarray(np.rint(255 * _shares(image)).astype(np.uint8))
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    values, white = np.asarray(image).astype(np.int64), _white(image)
    grey = Image.fromarray(((255 * values + white // 2) // white).astype(np.uint8))
    grey = grey.point(lambda value: 255 - value) if _inverted(image) else grey
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return grey
    return Image.merge("LA", (grey, Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8))))


def _shares(image: Image.Image) -> np.ndarray:
    """Shares of white, float (H, W)."""
    values = np.asarray(image)
    if not (values.min() >= 0 and values.max() <= 1):  # also of NaN
        raise ValueError(
            f"its numbers reach from {values.min():g} to {values.max():g}, and only from 0 to 1 is it known which is "
            "white: save it with 8 or 16 bits"
        )
    return 1 - values if _inverted(image) else values


def _white(image: Image.Image) -> int:
    white = WHITE.get(image.format or "")
    if image.format == "TIFF" and image.mode != "I":
        white = 2 ** image.tag_v2[BITS][0] - 1  # type: ignore[attr-defined]
    if white is None:
        raise ValueError("its whole numbers do not say which of them is white: save it with 8 bits, or 16 without sign")
    return white


def _inverted(image: Image.Image) -> bool:
    return image.format == "TIFF" and image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO  # type: ignore[attr-defined]


def _on_ground(image: Image.Image, ground: str) -> Image.Image:
    if not image.has_transparency_data:
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, ground), image.convert("RGBA"))


def _turned(image: Image.Image, seen: Image.Image) -> Image.Image:
    """`seen` as the camera that took `image` was held; EXIF that cannot be read turns nothing. To ask a JPEG that has
    none would take a twentieth of its decoding."""
    if image.format == "JPEG" and not SAYS_TURN & image.info.keys():
        return seen
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # whatever a broken block makes Pillow raise: the pixels are whole
        orientation = None
    turn = TURNS.get(orientation) if isinstance(orientation, int) else None
    return seen if turn is None else seen.transpose(turn)
