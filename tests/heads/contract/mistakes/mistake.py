"""A mistake that an author of a head may make: a change of queue_head.txt, and the sentence that must say the mend."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

RIGHT = (Path(__file__).parent / "queue_head.txt").read_text()


class Mistake(NamedTuple):
    """A head that is wrong, and which test of the contract refuses it, and how."""

    what: str
    check: Callable[..., None]
    sentence: str
    changes: tuple[tuple[str, str], ...]
    given: Mapping[str, object] = MappingProxyType({})
    """what the check is parametrised with, but for the head"""

    def __str__(self) -> str:
        return self.what

    def source(self) -> str:
        """The wrong head; ValueError where queue_head.txt no longer has what is to be changed."""
        text = RIGHT
        for before, after in self.changes:
            if before not in text:
                raise ValueError(f"queue_head.txt has no '{before}'")
            text = text.replace(before, after)
        return text
