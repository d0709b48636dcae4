"""Files of images that are not there: asked only of a whole config, as a stage may run on another machine."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from workflow.cells.evaluate_section import EvaluationSet
from workflow.cells.paths import DATA, RESULTS
from workflow.names import path_of

SEVERAL = re.compile(r"[*?\[{]")
"""what makes one text name several files"""
MAY_BE_SEVERAL = ("webdataset", "parquet")
IS: dict[str, tuple[Callable[[Path], bool], str]] = {
    "folder": (Path.is_dir, "is not a folder: it must hold one sub-folder of images for each class"),
    "records": (Path.is_file, "is not a file: name the .rec"),
    "list": (Path.is_file, "is not a file: name the list of paths and labels"),
    "webdataset": (Path.is_file, "is not a file: name a tar, or several as a-{000..011}.tar or *.tar"),
    "parquet": (Path.exists, "does not exist: name a table's file, or its folder"),
}
"""what the path of a source must be, and what to say where it is not"""


def no_source(data: object) -> list[str]:
    """One sentence for each path in the section `data` where there is not what its source reads."""
    if not isinstance(data, Mapping):
        return []
    test = data.get("test")
    return [*_lacking(data, "data"), *(_lacking(test, "data.test") if isinstance(test, Mapping) else [])]


def no_sets(sets: Sequence[EvaluationSet]) -> Iterator[str]:
    """One sentence for each file or folder of an evaluation set that is not there."""
    for place, one in enumerate(sets):
        for key in ("path", "pairs", "gallery", "probes", "folder", "root"):
            wanted, kind = (Path.is_dir, "folder") if key in ("folder", "root") else (Path.is_file, "file")
            said = f"is not a {kind}: name one, or leave the set out"
            yield from _unless(wanted, said, f"evaluate.sets.{place}.{key}", getattr(one, key))


def _lacking(data: Mapping[str, object], where: str) -> Iterator[str]:
    source = data.get("source")
    several = source in MAY_BE_SEVERAL and SEVERAL.search(str(data.get("path")))
    if isinstance(source, str) and source in IS and not several:
        yield from _unless(*IS[source], f"{where}.path", data.get("path"))
    if source == "folder":
        said = f"holds the workflow's own folders {RESULTS} and {DATA}: put the images into a folder of their own"
        yield from _unless(_of_others, said, f"{where}.path", data.get("path"))
    if source == "records":
        yield from _unless(Path.is_file, "is not a file: name the .lst", f"{where}.labels", data.get("labels"))
    if source in ("list", "parquet"):
        said = "is not a folder: name the one that paths start from"
        yield from _unless(Path.is_dir, said, f"{where}.root", data.get("root"))


def _of_others(folder: Path) -> bool:
    """Whether the workflow writes nothing into a folder: else each run would find other files in it."""
    return not any(Path(own).absolute().is_relative_to(folder.resolve()) for own in (RESULTS, DATA))


def _unless(is_there: Callable[[Path], bool], said: str, key: str, text: object) -> Iterator[str]:
    if not isinstance(text, str) or not text or "\0" in text:
        return
    try:
        if not is_there(path_of(text)):
            yield f"'{key}': {text} {said}"
    except OSError as error:  # a name too long for a disk
        yield f"'{key}': {text} cannot be opened ({error}): name another"
