"""Names of files as text, and text as names of files: UTF-8, whatever the locale that a command runs in."""

import os
from pathlib import Path


def path_of(text: str) -> Path:
    """The path that `text` names; a leading ~ is the home folder."""
    return Path(os.path.expanduser(os.fsdecode(text.encode(errors="replace"))))


def text_of(name: str | Path) -> str:
    r"""A name as the system gave it, as text that any file can hold: bytes that are not UTF-8 are written as `\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def shown(name: str | Path) -> str:
    """The same for a message, on one line: what cannot be printed is escaped."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text_of(name))
