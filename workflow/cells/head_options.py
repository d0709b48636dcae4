"""What the options of a row may be: what the head's own constructor says, by annotations or else by defaults; and which
batches they ask for.

The source is read, not imported, so that a config can be checked without torch.
"""

import ast
import json
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeGuard

from pydantic import JsonValue

import heads
from workflow.cells.choices import KINDS
from workflow.cells.problems import number_for_yaml


class Type(NamedTuple):
    """What a value may be: a test of it, and the same in words."""

    holds: Callable[[JsonValue], bool]
    words: str


def is_number(value: JsonValue) -> TypeGuard[float]:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: JsonValue) -> TypeGuard[int]:
    """Whether it is a whole number, written as one."""
    return isinstance(value, int) and not isinstance(value, bool)


def one_of(*known: object) -> Type:
    """A choice."""
    kinds = [(type(one), one) for one in known]  # True is no 1
    return Type(lambda value: (type(value), value) in kinds, f"one of {', '.join(map(str, known))}")


def within(holds: Callable[[float], bool], words: str) -> Type:
    """A number within limits."""
    return Type(lambda value: is_number(value) and holds(value), words)


NUMBER, WHOLE = Type(is_number, "a number"), Type(is_whole, "a whole number")
TEXT, TRUTH = (
    Type(lambda value: isinstance(value, str), "a text"),
    Type(lambda value: isinstance(value, bool), "true or false"),
)
NOTHING, ANYTHING = Type(lambda value: value is None, "null"), Type(lambda value: True, "anything")

NAMED = {
    "float": NUMBER,
    "int": WHOLE,
    "str": TEXT,
    "bool": TRUTH,
    "None": NOTHING,
    "Positive": within(lambda value: value > 0, "a number above 0"),
    "NotNegative": within(lambda value: value >= 0, "a number, at least 0"),
    "Share": within(lambda value: 0 <= value <= 1, "a number from 0 to 1"),
    "ShareAboveZero": within(lambda value: 0 < value <= 1, "a number above 0, at most 1"),
    "ShareBelowOne": within(lambda value: 0 <= value < 1, "a number, at least 0 and below 1"),
    "Count": Type(lambda value: is_whole(value) and value >= 1, "a whole number, at least 1"),
    "KindName": one_of(*KINDS),
}
"""the types by which a constructor may annotate: Python's and those of heads/kit/limits.py"""

DEFAULTS: dict[type, Type] = {float: NUMBER, int: NUMBER, str: TEXT, bool: TRUTH}
"""what an argument without annotation takes, by the type of its default"""


def wrong_options(head: str, options: Mapping[str, JsonValue]) -> list[str]:
    """What the constructor of `head` would not take among `options`, one sentence each; ValueError as heads.options."""
    found = [
        _wrong(name, options[name], argument) for name, argument in heads.arguments(head).items() if name in options
    ]
    return [sentence for sentence in found if sentence]


def _wrong(name: str, value: JsonValue, argument: heads.Argument) -> str | None:
    wanted = annotated(argument.annotation) if argument.annotation else defaulted(argument.default)
    if wanted.holds(value):
        return None
    written = f"'{name}' is {json.dumps(value, ensure_ascii=False)}"
    number = number_for_yaml(value) if isinstance(value, str) else None
    if number is not None and wanted.holds(0.5) | wanted.holds(1):
        return f"{written}, which YAML reads as a text: write {number}"
    return f"{written}: it must be {wanted.words}"


def annotated(node: ast.expr) -> Type:
    """What an annotation stands for; what is not known here may be anything."""
    match node:
        case ast.Constant(value=None):
            return NOTHING
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return NAMED.get(name, ANYTHING)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either(annotated(left), annotated(right))
        case ast.Subscript(value=ast.Name(id="list" | "tuple" | "Sequence"), slice=inner):
            return _list_of(annotated(inner))
        case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal"), slice=listed):
            return _literal(listed.elts if isinstance(listed, ast.Tuple) else [listed])
    return ANYTHING


def defaulted(node: ast.expr | None) -> Type:
    """What an argument with this default takes, as far as the default tells."""
    value = node.value if isinstance(node, ast.Constant) else None
    return DEFAULTS.get(type(value), ANYTHING)


def _literal(choices: list[ast.expr]) -> Type:
    known = [choice.value for choice in choices if isinstance(choice, ast.Constant)]
    return one_of(*known) if len(known) == len(choices) else ANYTHING


def _either(one: Type, other: Type) -> Type:
    return Type(lambda value: one.holds(value) or other.holds(value), f"{one.words} or {other.words}")


def _list_of(inner: Type) -> Type:
    return Type(lambda value: isinstance(value, list) and all(map(inner.holds, value)), f"a list, each {inner.words}")


def kind_name(head: str, options: Mapping[str, JsonValue]) -> str | None:
    """The kind of batch that a head asks for, as far as its source tells: by its option `loader`, or else by what its
    class says. None where only the head itself knows."""
    loader = heads.arguments(head).get("loader")
    if loader is not None:
        name = options.get("loader", constant(loader.default, None))
    elif heads.sets_itself(head, "batches"):
        return None
    else:
        name = constant(heads.attribute(head, "batches"), "instances")
    return name if isinstance(name, str) and name in KINDS else None


def constant(node: ast.expr | None, otherwise: str | None) -> object:
    """The value that stands there, `otherwise` where nothing does; None where it is computed."""
    if node is None:
        return otherwise
    return node.value if isinstance(node, ast.Constant) else None
