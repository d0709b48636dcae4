"""The fixed list of fonts in faces.yaml, as the rest of the package reads it."""

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from workflow.errors import UserError

PARTS = ("train", "validation", "test")
LIST = Path(__file__).with_name("faces.yaml")


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
    split: dict[str, Any] = field(compare=False)


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
    faces.sort(key=lambda face: PARTS.index(face.part))  # of two equal bitmaps the training face keeps its own
    sources = tuple(Source(source, **listed["sources"][source]) for source in names)
    return Tier(name, tier["characters"], sources, tuple(faces), tier["split"])


def _sources(listed: dict[str, Any], name: str) -> list[str]:
    base = listed[name].get("extends")
    return (_sources(listed, base) if base else []) + listed[name]["sources"]


def _serves(face: dict[str, Any], tier: str) -> bool:
    return face.get("only", tier) == tier


def _typeface(face: dict[str, Any], tier: dict[str, Any]) -> Typeface:
    part = next((part for part in PARTS[1:] if face["family"] in tier[part]), "train")
    return Typeface(**{key: value for key, value in face.items() if key != "only"}, part=part)


@functools.cache
def _read() -> dict[str, Any]:
    return yaml.safe_load(LIST.read_text(encoding="utf-8"))
