"""Font files read out of the packages that carry them, which are never installed."""

import functools
import io
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from fontTools.ttLib import TTFont

from workflow.errors import UserError


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
    opened = {entry.name: tarball.extractfile(entry) for entry in files}
    return {name: file.read() for name, file in opened.items() if file}


def _read_folder(folder: Path, pattern: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob(pattern)}


_READERS = {".whl": _read_zip, ".tgz": _read_tar, ".deb": _read_deb}
