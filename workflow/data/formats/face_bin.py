"""The evaluation sets of face recognition: a pickle of (2P encoded images, P answers), as lfw.bin is."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow.data.formats import pickles
from workflow.data.formats.encoded import mapped
from workflow.errors import UserError
from workflow.names import shown


class Verification(NamedTuple):
    """Pairs of images: the two of pair i are images[2 * i] and images[2 * i + 1]; `same` is whether of one person."""

    images: list[bytes]
    same: list[bool]


def read(path: Path) -> Verification:
    """The pairs of the pickle `path`; UserError if it asks for more, is damaged or holds something else."""
    try:
        with mapped(path) as memory:
            found = pickles.load(memory)
    except pickles.Refused as error:
        raise UserError(
            f"{shown(path)} {shown(str(error))}, which no images and answers need: nothing of it was run; it is "
            "another kind of file, or means harm: fetch the set from its publisher"
        ) from error
    except (UserError, MemoryError):
        raise
    except Exception as error:  # a damaged pickle makes the unpickler raise whatever it likes
        reason = shown(" ".join(str(error).split())) or type(error).__name__
        raise UserError(f"{shown(path)} is no whole pickle of images and answers ({reason}): fetch it again") from error
    return _checked(path, found)


def _checked(path: Path, found: object) -> Verification:
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise _other(path, "is not a pair of images and answers")
    images, same = map(_listed, found)
    if images is None or same is None:
        raise _other(path, "is not a list of images and one of answers")
    if not same or len(images) != 2 * len(same):
        raise _other(path, f"has {len(images):,} images for {len(same):,} answers, not two for each")
    return Verification(
        [_image(path, number, image) for number, image in enumerate(images)],
        [_answer(path, number, answer) for number, answer in enumerate(same)],
    )


def _image(path: Path, number: int, image: object) -> bytes:
    if isinstance(image, pickles.Array) and isinstance(image.value, np.ndarray):
        if image.value.dtype != np.uint8 or image.value.ndim != 1:
            shape = "x".join(map(str, image.value.shape))
            raise _other(path, f"has an array {shape} of {image.value.dtype} as image {number}, not an encoded image")
        image = image.value.tobytes()
    if not isinstance(image, bytes | bytearray) or not image:
        raise _other(path, f"has no encoded image as image {number}")
    return bytes(image)


def _answer(path: Path, number: int, answer: object) -> bool:
    if answer not in (0, 1):
        raise _other(path, f"has as answer {number} neither true nor false")
    return bool(answer)


def _listed(part: object) -> list | None:
    """The items of a list, a tuple or an array of one dimension."""
    value = part.value if isinstance(part, pickles.Array) else part
    if isinstance(value, np.ndarray):
        return value.tolist() if value.ndim == 1 else None
    return list(value) if isinstance(value, list | tuple) else None


def _other(path: Path, what: str) -> UserError:
    return UserError(f"{shown(path)} {what}: check that it is the evaluation set you mean")
