"""The files of a table of images: those that a pattern names, or all that a folder holds of one part of a set."""

import glob
from pathlib import Path

from workflow.data.formats.shards import shards
from workflow.errors import UserError
from workflow.names import path_of, shown

SUFFIXES = (".parquet", ".arrow")
PARTS = ("train", "test", "validation", "valid", "val", "dev")
"""what datasets are published in, as their files or folders are called"""


def tables(pattern: str) -> list[Path]:
    """The files of `pattern`, in the order of their names; UserError where a folder holds several parts of a set."""
    top = path_of(pattern)
    if not top.is_dir():
        return list(shards(pattern))
    found = sorted(path for path in top.rglob("*") if path.suffix in SUFFIXES and not _hidden(path, top))
    if not found:
        raise UserError(f"{shown(top)} holds no .parquet or .arrow file: name the folder that does")
    parts = {part: path for path in found if (part := _part(path, top))}
    if len(parts) > 1:
        raise UserError(
            f"{shown(top)} holds the parts {', '.join(sorted(parts))} of a set: name the files of one, such as "
            f"{shown(_those_like(*max(parts.items())))}"
        )
    return found


def _those_like(part: str, path: Path) -> str:
    """A pattern of the files of a part that lie beside one of them."""
    following = path.stem.removeprefix(part)
    name = f"*{path.suffix}"  # the folder says which part
    if path.name.startswith((f"{part}-", f"{part}.")):
        name = f"{part}{following[:1]}{name}" if following else path.name
    return f"{glob.escape(str(path.parent))}/{name}"


def _hidden(path: Path, top: Path) -> bool:
    return any(part.startswith((".", "cache-")) for part in path.relative_to(top).parts)


def _part(path: Path, top: Path) -> str | None:
    """Which part of a set a file is of, by its name or its folder's."""
    words = [path.name.split("-")[0].split(".")[0], *path.relative_to(top).parts[:-1]]
    return next((word for word in words if word in PARTS), None)
