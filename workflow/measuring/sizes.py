"""Numbers of bytes, to and from the words in messages."""

import re

UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


def requested_bytes(message: str) -> int | None:
    """The bytes that an allocator says were asked for, or None."""
    found = re.search(r"tried to allocate ([\d.]+) (bytes|KiB|MiB|GiB|TiB)", message, re.IGNORECASE)
    return int(float(found[1]) * UNITS[found[2]]) if found else None


def size_words(number: float) -> str:
    """Bytes for a person: 210 MiB, 1.4 GiB."""
    for unit in ("GiB", "MiB", "KiB"):
        if number >= UNITS[unit]:
            scaled = number / UNITS[unit]
            return f"{scaled:.0f} {unit}" if scaled >= 10 else f"{scaled:.1f} {unit}"
    return f"{number:.0f} bytes"
