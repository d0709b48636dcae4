"""Pickles that hold nothing but data, by Python 2 or 3: lists, tuples, bytes, numbers and numpy's arrays.

A pickle is a program. Here the few instructions that build such data are followed, and a file that has others is
refused before any of them is. Of arrays shape, kind and bytes are taken down and arrays of numbers made from them here,
so that nothing of numpy runs on what a file says.
"""

import math
import mmap
import pickle
import pickletools
import re
from collections.abc import Callable, Iterator
from typing import IO, cast

import numpy as np

INSTRUCTIONS = {
    *("PROTO", "FRAME", "STOP", "MARK", "POP", "POP_MARK", "NONE", "NEWTRUE", "NEWFALSE"),
    *("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "GET", "BINGET", "LONG_BINGET"),
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("EMPTY_LIST", "LIST", "APPEND", "APPENDS", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
    *("GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD"),
}
NUMBERS = re.compile(r"[biu][1248]")
OBJECTS = re.compile(r"O[48]?")
CODES = {one.code: one for one in pickletools.opcodes}


def load(memory: mmap.mmap) -> object:
    """What the pickle holds, with an Array for each of numpy's; Refused if it asks for more.

    Raises whatever the unpickler does where a pickle is damaged.
    """
    _inspect(cast(IO[bytes], memory))
    memory.seek(0)
    return Restricted(memory, encoding="bytes").load()


class Refused(Exception):
    """What a pickle asks for that data do not need."""


class Kind:
    """What stands for a dtype."""

    def __init__(self, letters: str | bytes, *_: object) -> None:
        self.letters, self.order = _text(letters), "|"

    def __setstate__(self, state: tuple) -> None:
        self.order = _text(state[1])

    def numbers(self) -> np.dtype:
        if not NUMBERS.fullmatch(self.letters) or self.order not in ("|", "<", ">", "="):
            raise Refused(f"holds an array of {self.order}{self.letters}")
        return np.dtype(self.order + self.letters)


class Array:
    """What stands for an array while a pickle is read; `value` is the array, or the list of objects that it holds."""

    def __init__(self) -> None:
        self.value: np.ndarray | list = []

    def __setstate__(self, state: tuple) -> None:
        _, shape, kind, by_columns, data = state
        self._set(shape, kind, "F" if by_columns else "C", data)

    def _set(self, shape: tuple[int, ...], kind: Kind, order: str | bytes, data: bytes | bytearray | list) -> None:
        if isinstance(data, list):
            if not OBJECTS.fullmatch(kind.letters) or shape != (len(data),):
                raise ValueError("a list for an array of another shape or kind")
            self.value = data
        else:
            if math.prod(shape) * kind.numbers().itemsize != len(data):
                raise ValueError("an array of another shape than its bytes")
            flat = np.frombuffer(data, kind.numbers())
            self.value = flat.reshape(shape, order="F" if _text(order) == "F" else "C")


def _reconstruct(*_: object) -> Array:
    return Array()


def _from_buffer(data: bytes, kind: Kind, shape: tuple[int, ...], order: str) -> Array:
    array = Array()
    array._set(shape, kind, order, data)
    return array


def _scalar(kind: Kind, data: bytes) -> int:
    return int(np.frombuffer(data, kind.numbers())[0])


def _encode(text: str, encoding: str | bytes) -> bytes:
    if _text(encoding) != "latin1":
        raise Refused(f"asks for the encoding {_text(encoding)}")
    return text.encode("latin1")


class Call:
    """A function that a pickle may call, and may do nothing else with."""

    def __init__(self, run: Callable[..., object]) -> None:
        self.run = run

    def __call__(self, *given: object) -> object:
        return self.run(*given)

    def __setstate__(self, state: object) -> None:
        raise Refused("changes a function")


ALLOWED: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "ndarray"): _reconstruct,
    ("numpy", "dtype"): Kind,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _from_buffer for core in ("core", "_core")},
    ("_codecs", "encode"): _encode,
}


class Restricted(pickle.Unpickler):
    """Finds nothing but what stands for arrays and bytes."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in ALLOWED:
            raise Refused(f"asks for {module}.{name}")
        return Call(ALLOWED[module, name])


def _inspect(memory: IO[bytes]) -> None:
    """Read a pickle's instructions without following them; Refused if data do not need one."""
    for count, (name, argument) in enumerate(_instructions(memory)):
        if name not in INSTRUCTIONS:
            raise Refused(f"has the instruction {name}")
        if name == "GLOBAL" and tuple(str(argument).split(" ", 1)) not in ALLOWED:
            raise Refused(f"asks for {str(argument).replace(' ', '.')}")
        if isinstance(argument, int) and name.endswith("PUT") and not 0 <= argument <= count:
            raise Refused(f"numbers what it keeps by {argument}")


def _instructions(memory: IO[bytes]) -> Iterator[tuple[str, object]]:
    """Name and argument of each, as pickletools reads them, but for the strings of Python 2: it knows ASCII."""
    code = b""
    while code != pickle.STOP:
        code = memory.read(1)
        known = CODES.get(code.decode("latin1"))
        if known is None:
            raise ValueError(f"byte {memory.tell() - 1:,} is no instruction" if code else "it ends early")
        if code == pickle.STRING:
            yield known.name, memory.readline()
        else:
            yield known.name, known.arg.reader(memory) if known.arg else None


def _text(given: str | bytes) -> str:
    return given.decode("latin1") if isinstance(given, bytes) else str(given)
