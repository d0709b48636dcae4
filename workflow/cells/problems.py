"""What is wrong with a config, one sentence a problem: the key, what was written, and the mend."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workflow.cells.hints import hint

Place = tuple[int | str, ...]

LIMITS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
BOUNDS = {"greater_than": "above", "greater_than_equal": "at least", "less_than": "below", "less_than_equal": "at most"}
WANTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "a text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of names to values",
}
SENTENCES = {
    "literal_error": ": it must be {expected}",
    "multiple_of": ": it must be a multiple of {multiple_of}",
    "string_pattern_mismatch": ": begin with a letter or digit, then letters, digits, '.', '_' and '-'",
    "too_short": ": it must hold at least {min_length}",
    "too_long": ": it must hold at most {max_length}",
}
ONE, THREE = TAGS = ("one number", "three numbers")
"""names of alternatives, which pydantic puts into the place of an error and no config has as a key"""


def sentences(error: ValidationError, model: type[BaseModel], where: str = "") -> list[str]:
    """One sentence a problem, sorted; `where` is the key under which `model` stands in the config, if any."""
    errors = error.errors(include_url=False)
    inner = {found["loc"][:depth] for found in errors for depth in range(len(found["loc"]))}
    kept = [found for found in errors if found["type"] != "too_short" or found["loc"] not in inner]
    return sorted({_sentence(found, model, where) for found in kept})


def _sentence(found: ErrorDetails, model: type[BaseModel], where: str) -> str:
    place = tuple(part for part in found["loc"] if part not in TAGS)
    key = ".".join(map(str, (where, *place) if where else place))
    kind, value = found["type"], found["input"]
    if kind == "missing":
        return f"'{key}' is missing"
    if kind == "extra_forbidden":
        return f"'{key}' is not a key of the config{hint(str(place[-1]), _known(model, place[:-1]))}"
    if kind == "value_error":  # a validator's own sentence
        return f"'{key}': {found['ctx']['error']}"
    return f"'{key}' is {json.dumps(value, ensure_ascii=False)}{_mend(found, place)}"


def _mend(found: ErrorDetails, place: Place) -> str:
    """What the value should have been, from pydantic's description of the error."""
    kind, value, context = found["type"], found["input"], found.get("ctx", {})
    if kind in LIMITS and "ratios" in place:
        return ", outside (0, 1]: a ratio is a share of the classes"
    if kind in LIMITS:
        return f": it must be {BOUNDS[kind]} {context[LIMITS[kind]]:g}"
    if kind in ("int_type", "float_type") and isinstance(value, str) and (number := _number(value)):
        return f", which YAML reads as a text: write {number}"
    if kind in SENTENCES:
        return SENTENCES[kind].format(**context)
    if kind in WANTED:
        return f", not {WANTED[kind]}"
    return f": {found['msg'][0].lower()}{found['msg'][1:]}"


def _number(text: str) -> str | None:
    """How YAML wants the number that `text` is: with a point, and a sign in its exponent; None for another text."""
    try:
        decimal = f"{Decimal(text):f}"
    except InvalidOperation:
        return None
    parts = re.fullmatch(r"([-+]?\d+)(?:\.(\d*))?[eE]([-+]?\d+)", text)
    return f"{parts[1]}.{parts[2] or 0}e{int(parts[3]):+d} or {decimal}" if parts else f"{decimal} without quotes"


def _known(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that stand at `place` in a config of this model."""
    for part in place:
        if isinstance(part, str):
            model = _model(model.model_fields[part].annotation)
    return list(model.model_fields)


def _model(annotation: object) -> type[BaseModel]:
    """The section that an annotation such as `Loss` or `tuple[HeadRow, ...]` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(_model(inner) for inner in get_args(annotation) if inner is not Ellipsis)
