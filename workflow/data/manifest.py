"""manifest.json of a data set: that the set is whole, and how it was made."""

from pathlib import Path
from typing import NotRequired, TypedDict, cast

from workflow.cells.paths import MANIFEST
from workflow.data.encoded_store import EncodedFacts
from workflow.errors import UserError
from workflow.files import read_json


class Group(TypedDict):
    """A font face, or a whole folder of images, as far as a split asks about it; the manifest says more."""

    family: str
    part: str | None
    serves: NotRequired[str]
    """"test", of a source whose classes are only asked about"""


class Manifest(TypedDict):
    """manifest.json, as far as it is read again; `settings` are the keys of `data` that the images were made by."""

    name: str
    settings: dict[str, object]
    hash: str
    images: int
    classes: list[str]
    groups: list[Group]
    sources: list[dict[str, object]]
    rejected: dict[str, int]
    arrays: NotRequired[dict[str, str]]
    """SHA-256 of each array's content; older sets lack them"""
    encoded: NotRequired[EncodedFacts]
    """of a set whose images are decoded when they are asked for"""


KINDS = {"hash": str, "images": int, "classes": list, "groups": list}
"""what the most needed of it is"""


def read_manifest(folder: Path, *needed: str) -> Manifest:
    """The manifest of the data set in `folder`; UserError where it is missing, none, or lacks what is `needed` of
    KINDS, without names all of it."""
    path = Path(folder) / MANIFEST
    found = read_json(path)
    if lacking := [name for name in needed or KINDS if not isinstance(found.get(name), KINDS[name])]:
        raise UserError(f"{path} is no manifest, it lacks {', '.join(lacking)}: delete {folder} and build it again")
    return cast(Manifest, found)
