"""Values that no key of a config may have: numbers that are none, or beyond 64 bits, and letters no file name has."""

import json
import math
import re
from collections.abc import Mapping

LARGEST = 2**63 - 1
"""whole number that 64 bits hold"""


def as_name(text: str) -> str:
    """A name for tables and paths: `text` with what no such name may have replaced, begun by a letter or digit."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", text).lstrip("._-")
    return name or "set"


def unwritable(value: object, place: str = "") -> dict[str, str]:
    """One sentence for each such value in a config as it was read, by the key in quotes with which it begins."""
    if isinstance(value, Mapping):
        inner = [(f"{place}.{key}" if place else str(key), one) for key, one in value.items()]
    elif isinstance(value, list | tuple):
        inner = [(f"{place}.{number}", one) for number, one in enumerate(value)]
    else:
        problem = _problem(value)
        return {f"'{place}'": f"'{place}' {problem}"} if problem else {}
    return {key: sentence for name, one in inner for key, sentence in unwritable(one, name).items()}


def _problem(value: object) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {json.dumps(value)}, not a finite number"
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"is beyond what 64 bits hold: it must be at most {LARGEST}"
    if isinstance(value, str) and any(ord(one) < 32 or "\ud800" <= one <= "\udfff" for one in value):
        return "holds a line break or another character that no name may have: remove it"
    return None
