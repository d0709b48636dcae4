"""The end of a message about a name that is not known: the nearest one that is, or all there are."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'steps'?`, or nothing where no known name is near."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean '{near[0]}'?" if near else ""


def hint(name: str, known: Iterable[str]) -> str:
    """The same, or what may be said here where nothing is near."""
    names = list(known)
    return did_you_mean(name, names) or f"; known here: {', '.join(names) or 'none'}"
