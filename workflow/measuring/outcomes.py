"""How a measurement may end. Not fitting into memory is a result, and so is a head that refuses a size."""

import re
import traceback
from collections.abc import Callable
from typing import NamedTuple

import torch

from heads.kit.interface import Cost
from workflow.console import log
from workflow.errors import UserError
from workflow.measuring.meters import available_bytes
from workflow.training.trainer import Diverged

NO_MEMORY = ("can't allocate memory", "std::bad_alloc", "out of memory", "ALLOC_FAILED")
"""what torch says where it raises a plain RuntimeError"""
UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


class Outcome(NamedTuple):
    """`name` is ok, out of memory, diverged or failed; `requested_bytes` is what could not be had, if that is known."""

    name: str
    reason: str | None = None
    requested_bytes: int | None = None


class DoesNotFit(Exception):
    """The declared state is larger than the memory that is free: trying would only thrash."""

    def __init__(self, needed: int, free: int, where: str):
        super().__init__(f"its state needs {size_words(needed)} and {size_words(free)} of {where} memory are free")
        self.needed = needed


def check_fits(cost: Cost | None, device: torch.device) -> None:
    """Raise DoesNotFit if the head's state cannot be held, before anything is allocated."""
    free = available_bytes(device)
    if cost is not None and cost.state_bytes > free:
        raise DoesNotFit(cost.state_bytes, free, "GPU" if device.type == "cuda" else "host")


def attempt(measure: Callable[[], None]) -> Outcome:
    """Run `measure` and say how it ended. UserError and OSError, which say nothing about the head, are raised."""
    try:
        measure()
    except Exception as error:
        return named(error)
    return Outcome("ok")


def named(error: Exception) -> Outcome:
    """The outcome that `error` stands for; raises it again if it is not the measured head's."""
    sentence = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, DoesNotFit):
        return Outcome("out of memory", sentence, error.needed)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or any(words in str(error) for words in NO_MEMORY):
        return Outcome("out of memory", sentence, requested_bytes(str(error)))
    if isinstance(error, Diverged):
        return Outcome("diverged", sentence)
    if isinstance(error, ValueError) or isinstance(error.__cause__, ValueError):
        return Outcome("failed", sentence)
    if isinstance(error, UserError | OSError):
        raise error
    log("the cell failed; what follows is for the author of the head")
    traceback.print_exception(error)
    return Outcome("failed", f"{type(error).__name__}: {sentence}")


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
