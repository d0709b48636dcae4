"""The fixed list of fonts in faces.yaml, as the rest of the package reads it."""

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import yaml

from workflow.errors import UserError

SPLIT_PARTS = ("train", "validation", "test")
LIST = Path(__file__).with_name("faces.yaml")


class TierSplit(TypedDict, total=False):
    """What a split asks for where the config leaves a number open."""

    classes: int | None
    distractors: int
    tail: str
    n_max: int
    open_set: dict[str, int]
    shots: dict[str, int]


class ListedTier(TypedDict, total=False):
    """A tier as faces.yaml has it."""

    characters: str
    extends: str
    sources: list[str]
    validation: list[str]
    test: list[str]
    split: TierSplit


class ListedSource(TypedDict):
    """A package as faces.yaml has it."""

    registry: str
    version: str | None
    sha256: str | None
    licence: str


class ListedFace(TypedDict, total=False):
    """A font face as faces.yaml has it."""

    source: str
    name: str
    family: str
    file: str
    index: int
    weight: int
    only: str


class Listed(TypedDict):
    """The content of faces.yaml."""

    sources: dict[str, ListedSource]
    faces: list[ListedFace]
    tiers: dict[str, ListedTier]


@dataclass(frozen=True)
class Source:
    """A package that carries fonts. sha256 is of the file as downloaded, None where nothing is pinned."""

    name: str
    registry: str
    version: str | None
    sha256: str | None
    licence: str


@dataclass(frozen=True)
class Typeface:
    """One face of the list; `part` is what its family serves: train, validation or test."""

    source: str
    name: str
    family: str
    file: str
    part: str
    index: int = 0
    weight: int | None = None


@dataclass(frozen=True)
class Tier:
    """A named selection: its sources, its faces (training families first), its characters, its split's defaults."""

    name: str
    characters: str
    sources: tuple[Source, ...]
    faces: tuple[Typeface, ...]
    split: TierSplit = field(compare=False)


def tiers() -> list[str]:
    """Names of the tiers on the list."""
    return list(_read()["tiers"])


def load_tier(name: str) -> Tier:
    """The tier `name`; UserError lists the names there are."""
    listed = _read()
    if name not in listed["tiers"]:
        raise UserError(f"data.tier is {name!r}, but there are only {', '.join(listed['tiers'])}")
    tier = listed["tiers"][name]
    names = _sources(listed["tiers"], name)
    faces = [_typeface(face, tier) for face in listed["faces"] if face["source"] in names and _serves(face, name)]
    faces.sort(key=lambda face: SPLIT_PARTS.index(face.part))  # of two equal bitmaps the training face keeps its own
    sources = tuple(Source(source, **listed["sources"][source]) for source in names)
    return Tier(name, tier["characters"], sources, tuple(faces), tier["split"])


def _sources(listed: dict[str, ListedTier], name: str) -> list[str]:
    base = listed[name].get("extends")
    return (_sources(listed, base) if base else []) + listed[name]["sources"]


def _serves(face: ListedFace, tier: str) -> bool:
    return face.get("only", tier) == tier


def _typeface(face: ListedFace, tier: ListedTier) -> Typeface:
    held_out = {"validation": tier["validation"], "test": tier["test"]}
    part = next((part for part, families in held_out.items() if face["family"] in families), "train")
    named = (face["source"], face["name"], face["family"], face["file"])
    return Typeface(*named, part, face.get("index", 0), face.get("weight"))


@functools.cache
def _read() -> Listed:
    return yaml.safe_load(LIST.read_text(encoding="utf-8"))
