"""Files of images that are not there: asked only of a whole config, as a stage may run on another machine."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from workflow.names import path_of

SEVERAL = re.compile(r"[*?\[{]")
"""what makes one text name several files"""
MAY_BE_SEVERAL = ("webdataset", "parquet")
IS = {
    "folder": (Path.is_dir, "is not a folder: it must hold one sub-folder of images for each class"),
    "records": (Path.is_file, "is not a file: name the .rec"),
    "list": (Path.is_file, "is not a file: name the list of paths and labels"),
    "webdataset": (Path.is_file, "is not a file: name a tar, or several as a-{000..011}.tar or *.tar"),
    "parquet": (Path.exists, "does not exist: name a table's file, or its folder"),
}
"""what the path of a source must be, and what to say where it is not"""


def no_source(data: object) -> list[str]:
    """One sentence for each path in the section `data` where there is not what its source reads."""
    return list(_lacking(data)) if isinstance(data, Mapping) else []


def _lacking(data: Mapping[str, object]) -> Iterator[str]:
    source = data.get("source")
    several = source in MAY_BE_SEVERAL and SEVERAL.search(str(data.get("path")))
    if isinstance(source, str) and source in IS and not several:
        yield from _unless(*IS[source], data, "path")
    if source == "records":
        yield from _unless(Path.is_file, "is not a file: name the .lst", data, "labels")
    if source in ("list", "parquet"):
        yield from _unless(Path.is_dir, "is not a folder: name the one that paths start from", data, "root")


def _unless(is_there, said: str, data: Mapping[str, object], key: str) -> Iterator[str]:  # type: ignore[no-untyped-def]
    text = data.get(key)
    if not isinstance(text, str) or not text or "\0" in text:
        return
    try:
        if not is_there(path_of(text)):
            yield f"'data.{key}': {text} {said}"
    except OSError as error:  # a name too long for a disk
        yield f"'data.{key}': {text} cannot be opened ({error}): name another"
