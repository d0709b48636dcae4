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
    "string_too_long": ": it must have at most {max_length} letters",
    "string_pattern_mismatch": ": begin with a letter or digit, then letters, digits, '.', '_' and '-'",
    "too_short": ": it must hold at least {min_length}",
    "too_long": ": it must hold at most {max_length}",
}
MOST_DIGITS = 15
"""of a number that is also shown written out"""
ONE, THREE, PATH, WHOLE = TAGS = ("one number", "three numbers", "a path", "a set")
"""names of alternatives, which pydantic puts into the place of an error and no config has as a key"""


class Inner(ValueError):
    """Problems of keys within the one that is validated, each sentence beginning with its key in quotes."""

    def __init__(self, sentences: list[str]):
        super().__init__("; ".join(sentences))
        self.sentences = sentences


def sentences(error: ValidationError, model: type[BaseModel], where: str = "") -> list[str]:
    """One sentence a problem, sorted; `where` is the key under which `model` stands in the config, if any."""
    errors = error.errors(include_url=False)
    inner = {found["loc"][:depth] for found in errors for depth in range(len(found["loc"]))}
    kept = [found for found in errors if found["type"] != "too_short" or found["loc"] not in inner]
    return sorted({sentence for found in kept for sentence in _sentences(found, model, where)})


def _sentences(found: ErrorDetails, model: type[BaseModel], where: str) -> list[str]:
    place = tuple(part for part in found["loc"] if part not in TAGS)
    key = ".".join(map(str, (where, *place) if where else place))
    error = found.get("ctx", {}).get("error")
    if THREE in found["loc"] and found["type"] in ("missing", "too_long"):
        number = found["type"] == "missing"  # the place is then that of the number
        return [f"'{key.rpartition('.')[0] if number else key}' must be one number, or three for the margin combined"]
    if isinstance(error, Inner):
        return [f"'{key}.{sentence.removeprefix(chr(39))}" for sentence in error.sentences]
    return [_sentence(found, model, key, place)]


def _sentence(found: ErrorDetails, model: type[BaseModel], key: str, place: Place) -> str:
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
    if kind in ("int_type", "float_type") and isinstance(value, str) and (number := number_for_yaml(value)):
        return f", which YAML reads as a text: write {number}"
    if kind in SENTENCES:
        return SENTENCES[kind].format(**context)
    if kind in WANTED:
        quoted = ": put it in quotes" if kind == "string_type" and isinstance(value, int | float) else ""
        return f", not {WANTED[kind]}{quoted}"
    return f": {found['msg'][0].lower()}{found['msg'][1:]}"


def listed(begin: str, problems: list[str]) -> str:
    """One problem in the same line, several in lines of their own."""
    return f"{begin} {problems[0]}" if len(problems) == 1 else "\n  ".join([begin, *problems])


def number_for_yaml(text: str) -> str | None:
    """How YAML wants the number that `text` is: with a point, and a sign in its exponent; None for another text."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    parts = re.fullmatch(r"([-+]?\d+)(?:\.(\d*))?[eE]([-+]?\d+)", text)
    if parts is None:
        return f"{number:f} without quotes"
    short = abs(number.adjusted()) <= MOST_DIGITS
    return f"{parts[1]}.{parts[2] or 0}e{int(parts[3]):+d}" + (f" or {number:f}" if short else "")


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
