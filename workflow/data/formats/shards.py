"""The files that one text names, as shells write it: `train-{000..011}.tar`, `{a,b}/*.tar`."""

import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

from workflow.errors import UserError
from workflow.names import path_of, shown

BRACES = re.compile(r"\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}")
WILD = re.compile(r"[*?[]")


def shards(pattern: str) -> Iterator[Path]:
    """The files of `pattern`, each once, in the order of its braces and, of wild cards, of the bytes of names.

    UserError if one that the braces name does not exist, or none is found.
    """
    seen: set[Path] = set()
    for text in _expanded(pattern):
        for path in _found(path_of(text)):
            if path not in seen:
                seen.add(path)
                yield path


def _expanded(text: str) -> Iterator[str]:
    """`text` with each of what its first pair of braces stands for, and so on."""
    braces = None if path_of(text).exists() else BRACES.search(text)
    if braces is None:
        yield text
        return
    first, last, either = braces.groups()
    for one in either.split(",") if either is not None else _numbers(first, last):
        yield from _expanded(text[: braces.start()] + one + text[braces.end() :])


def _numbers(first: str, last: str) -> Iterator[str]:
    """From `first` to `last`, which are as wide if one of them begins with zeros."""
    padded = any(one.startswith("0") and len(one) > 1 for one in (first, last))
    width = max(len(first), len(last)) if padded else 0
    step = 1 if int(first) <= int(last) else -1
    for number in range(int(first), int(last) + step, step):
        yield str(number).zfill(width)


def _found(path: Path) -> list[Path]:
    if path.exists():
        return [path]
    names = glob.glob(str(path)) if WILD.search(str(path)) else []
    if not names:
        raise UserError(f"there is no file {shown(path)}: check the path, its numbers and wild cards")
    return [Path(name) for name in sorted(names, key=os.fsencode)]
