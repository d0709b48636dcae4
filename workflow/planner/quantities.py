"""Numbers as a person types them, refused in one sentence, and bytes as a person reads them."""

import re
from decimal import Decimal, InvalidOperation

from workflow.errors import UserError

BINARY = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
UNITS = BINARY | {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
LARGEST = 10**12


def whole(text: str, option: str, least: int, most: int = LARGEST) -> int:
    """The whole number in `text`: 2000000, 2e6, 2,000,000 or 2_000_000. UserError names the `option`."""
    try:
        number = Decimal(text.replace(",", "").replace("_", ""))
    except InvalidOperation as error:
        raise UserError(f"{option} '{text}' is no number: say a whole one, as 2000000 or 2e6") from error
    if not number.is_finite() or number != number.to_integral_value():
        raise UserError(f"{option} {text} is no whole number: say one, as 2000000 or 2e6")
    if not least <= number <= most:
        raise UserError(f"{option} {text} is outside {least}..{most:,}: choose one within")
    return int(number)


def share(text: str, option: str) -> float:
    """The share in `text`, above 0 and at most 1. UserError names the `option`."""
    try:
        number = float(text)
    except ValueError as error:
        raise UserError(f"{option} '{text}' is no number: say shares of the classes, as 0.1") from error
    if not 0 < number <= 1:
        raise UserError(f"{option} {text} is outside (0, 1]: it is the share of classes that a head keeps or samples")
    return number


def memory(text: str, option: str) -> int:
    """The bytes in `text`, as 80GiB or 24 GB. UserError names the `option`."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if found is None:
        raise UserError(f"{option} '{text}' is no amount of memory: say one, as 80GiB")
    unit = {name.lower(): size for name, size in UNITS.items()}.get(found[2].lower())
    if not found[2]:
        raise UserError(f"{option} {text} has no unit: say {found[1]}GiB or {found[1]}GB")
    if unit is None:
        raise UserError(f"{option} {text} has an unknown unit '{found[2]}': say one of {', '.join(UNITS)}")
    if not (size := int(Decimal(found[1]) * unit)):
        raise UserError(f"{option} {text} is no memory: say how much each GPU has, as 80GiB")
    return size


def size_words(number: float) -> str:
    """Bytes in at most eight characters, and a sign: 0, 210 MiB, 1.4 GiB."""
    if number < 0:
        return f"-{size_words(-number)}"
    for unit in ("KiB", "MiB", "GiB"):
        if number < 999.5 * BINARY[unit]:
            return f"{short(number / BINARY[unit])} {unit}" if number else "0"
    return f"{short(number / BINARY['TiB'])} TiB"


def short(number: float) -> str:
    """A number to about two digits: 0.034, 1.4, 14, 1,432."""
    if number >= 10:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 1 else f"{number:.2g}"


def classes_words(number: float) -> str:
    """A number of classes to three digits: 9,860, 412,000, 35.1 M."""
    if number >= 1e6:
        return f"{number / 1e6:.3g} M"
    return f"{float(f'{number:.3g}'):,.0f}"
