"""The glyph source: class = character, image = that character in one font face.

Characters are CJK unified ideographs and Hangul syllables; compatibility ideographs, radicals, kana and the alphabets
are left out, for they hold the same shape under several code points. The tier `dejavu`, which needs no download, takes
the letters and symbols common to its families instead, one of each set of homoglyphs.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from workflow.cells.data_section import Data
from workflow.console import log, progress
from workflow.data import render
from workflow.data.faces import SPLIT_PARTS, Tier, Typeface, load_tier
from workflow.data.fetch import Fetched, fetch
from workflow.data.fonts import Face, character_map
from workflow.data.processes import in_parallel
from workflow.data.sieve import Sieve
from workflow.errors import UserError

CJK = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x20000, 0x2F7FF), (0x30000, 0x323AF))
CHUNK = 2048  # glyphs in one task
PLACEHOLDER = 4  # characters of one face with the same bitmap: the face's box for what it lacks


Found = tuple[Typeface, Face]
"""a face of the list and where it lies here"""


@dataclass(frozen=True)
class Characters:
    """Some characters of one face; `files` says which of the face's files draws each."""

    face: Face
    pixels: int
    codes: np.ndarray
    files: np.ndarray
    size: int


class Glyphs:
    """Fetches a tier's fonts and renders them. Implements what store.Supply asks of a source that is not encoded."""

    encoded = False

    def __init__(self, data: Data, cache: Path, jobs: int) -> None:
        self.size, self.jobs = data.size, jobs
        self.tier = load_tier(data.tier)
        self.fetched = fetch(self.tier.sources, cache)
        self.faces = _available(self.tier, self.fetched, data.faces_needed)
        self.sieve = Sieve()
        maps = [_characters(character_map(face), self.tier.characters) for _, face in self.faces]
        chosen = _chosen(maps, self.faces, self.tier.characters, data.characters, self.size)
        self.maps = [{code: file for code, file in found.items() if code in chosen} for found in maps]
        self.tasks = [self._tasks(number) for number in range(len(self.faces))]

    def chunks(self) -> Iterator[np.ndarray]:
        """Kept images of one face after the other, uint8 (n, size, size)."""
        tasks = [task for tasks in self.tasks for task in tasks]
        drawn = in_parallel(draw, tasks, self.jobs)
        results = iter(progress(drawn, f"rendering {CHUNK} glyphs at a time", total=len(tasks), unit="chunks"))
        for number, own in enumerate(self.tasks):
            if own:
                images, hashes = (np.concatenate(parts) for parts in zip(*(next(results) for _ in own), strict=True))
                yield self._sift(number, images, hashes, np.concatenate([task.codes for task in own]))
        next(results, None)

    def labels(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Characters, and class and face of every image."""
        codes, classes, groups = self.sieve.labels()
        return [chr(code) for code in codes], classes, groups

    def record(self) -> dict[str, object]:
        """Faces with the licence, file and part of each; sources with their status; how glyphs were drawn."""
        sources = [fetched.record() for fetched in self.fetched]
        licences = {source["package"]: source for source in sources}
        groups = [_group(typeface, licences[typeface.source]) for typeface, _ in self.faces]
        pixels = [tasks[0].pixels if tasks else None for tasks in self.tasks]
        drawing = {"size": self.size, "fill": render.FILL, "pixels": pixels, "characters": self.tier.characters}
        return {"groups": groups, "sources": sources, "rejected": dict(self.sieve.rejected), "render": drawing}

    def _tasks(self, number: int) -> list[Characters]:
        codes = np.array(sorted(self.maps[number]), dtype=np.int64)
        if not len(codes):
            return []
        files = np.array([self.maps[number][code] for code in codes.tolist()])
        face = self.faces[number][1]
        pixels = render.pixel_size(face, codes, files, self.size)
        cuts = [slice(start, start + CHUNK) for start in range(0, len(codes), CHUNK)]
        return [Characters(face, pixels, codes[cut], files[cut], self.size) for cut in cuts]

    def _sift(self, group: int, images: np.ndarray, hashes: np.ndarray, codes: np.ndarray) -> np.ndarray:
        blank = ~images.any(axis=(1, 2))
        _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        placeholder = (counts[inverse] >= PLACEHOLDER) & ~blank
        self.sieve.rejected.update({"blank": int(blank.sum()), "placeholder": int(placeholder.sum())})
        good = ~blank & ~placeholder
        return self.sieve.keep(images[good], hashes[good], codes[good], group)


def draw(task: Characters) -> tuple[np.ndarray, np.ndarray]:
    """Render one task: images and their hashes."""
    return render.render(task.face, task.pixels, task.codes, task.files, task.size)


def _available(tier: Tier, fetched: list[Fetched], needed: float) -> list[Found]:
    """The faces whose package is there; UserError if too few are, or if a part of the protocol lost all of its own."""
    paths = {result.source.name: result.path for result in fetched if result.path}
    found = [(face, _face(face, paths[face.source])) for face in tier.faces if face.source in paths]
    lost = [f"{result.source.name} ({result.status})" for result in fetched if not result.path]
    if len(found) < needed * len(tier.faces) or {face.part for face, _ in found} != set(SPLIT_PARTS):
        raise UserError(
            f"only {len(found)} of the {len(tier.faces)} faces of tier {tier.name} could be had; without "
            f"{', '.join(lost)}: check the network and run again, or lower data.faces_needed or data.tier"
        )
    if lost:
        log(f"tier {tier.name} goes on with {len(found)} of {len(tier.faces)} faces, without {', '.join(lost)}")
    return found


def _face(typeface: Typeface, archive: Path) -> Face:
    return Face(archive, typeface.file, typeface.index, typeface.weight)


def _characters(found: dict[int, int], kind: str) -> dict[int, int]:
    wanted = _is_cjk if kind == "cjk" else _is_letter
    return {code: file for code, file in found.items() if wanted(code)}


def _is_cjk(code: int) -> bool:
    return any(first <= code <= last for first, last in CJK)


def _is_letter(code: int) -> bool:
    """Letters, digits and symbols that are one glyph each and left to right."""
    character = chr(code)
    drawn = unicodedata.category(character) in ("Lu", "Ll", "Lo", "Nd", "Sm", "So", "Sc")
    return drawn and not unicodedata.decomposition(character).startswith("<")


def _chosen(maps: list[dict[int, int]], faces: list[Found], kind: str, limit: int | None, size: int) -> set[int]:
    """The code points to draw: those in most faces first where a limit is set."""
    counts = Counter(code for found in maps for code in found)
    codes = sorted(counts, key=lambda code: (-counts[code], code))
    if kind == "letters":
        codes = [code for code in codes if counts[code] == len(maps)]
        codes = _distinct(sorted(codes), maps, faces, size)
    return set(codes[:limit])


def _distinct(codes: list[int], maps: list[dict[int, int]], faces: list[Found], size: int) -> list[int]:
    """The code points without those that look, in any face, exactly like an earlier one."""
    array = np.array(codes, dtype=np.int64)
    keep = np.ones(len(codes), dtype=bool)
    for found, (_, face) in zip(maps, faces, strict=True):
        files = np.array([found[code] for code in codes])
        _, hashes = render.render(face, render.pixel_size(face, array, files, size), array, files, size)
        keep &= np.isin(np.arange(len(codes)), np.unique(hashes, return_index=True)[1])
    return array[keep].tolist()


def _group(typeface: Typeface, source: dict[str, object]) -> dict[str, object]:
    own = {key: value for key, value in asdict(typeface).items() if key != "source"}
    return {**own, "package": source["package"], "version": source["version"], "licence": source["licence"]}
