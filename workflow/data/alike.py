"""Names of classes that a person does not tell apart: what they mean is one class, and as two it is a wrong label."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable

from workflow.console import log
from workflow.errors import UserError


def check_names(names: Iterable[str]) -> None:
    """UserError for two that read the same, as the same letters in other codes do, or other spaces; a notice of those
    that differ by case, or as 7 and 007 do, which may be meant."""
    names = list(names)
    if same := groups(names, as_read):
        raise UserError(
            f"classes whose names read the same: {words(same)}: rename one, or put the images of both together"
        )
    for how, key in (("case", caseless), ("leading zeros", unpadded)):
        if near := groups(names, key):
            log(
                f"classes whose names differ by {how} alone: {words(near)}; if these are one, put their images together"
            )


def as_read(name: str) -> str:
    """A name with one code for each letter, without what cannot be seen, and with single spaces between words."""
    seen = (letter for letter in unicodedata.normalize("NFC", name) if unicodedata.category(letter) != "Cf")
    return " ".join("".join(seen).split())


def caseless(name: str) -> str:
    return as_read(name).casefold()


def unpadded(name: str) -> str:
    """A number as it is counted; any other name as it is."""
    return name.lstrip("0") or "0" if name.isascii() and name.isdigit() else name


def groups(names: Iterable[str], key: Callable[[str], str]) -> list[list[str]]:
    """The names, of those of which several have the same key."""
    found = defaultdict(list)
    for name in names:
        found[key(name)].append(name)
    return [group for group in found.values() if len(group) > 1]


def words(groups: list[list[str]]) -> str:
    """`'Caf\\xe9' and 'Cafe\\u0301', and 3 more`: with the codes of letters, by which they differ."""
    more = f", and {len(groups) - 1:,} more" if len(groups) > 1 else ""
    return " and ".join(map(ascii, groups[0])) + more
