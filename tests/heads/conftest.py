"""What tests of heads share. Heads are tested on tiny tensors: threads would only wait for each other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import heads
from tests.threads import one_thread

__all__ = ["one_thread"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`-k NAME` with the name of a head selects what tests that head, and nothing that tests another alone.

    pytest itself compares parts of words: `-k fc` would select partial_fc and virtual_fc, too.
    """
    words = re.findall(r"\w+", config.getoption("keyword"))
    wanted = set(words) & set(heads.names())
    if not wanted or "not" in words:
        return
    here = Path(__file__).parent
    other = [item for item in items if here in item.path.parents and not wanted & heads_of(item)]
    config.hook.pytest_deselected(items=other)
    items[:] = [item for item in items if item not in other]


def heads_of(item: pytest.Item) -> set[str]:
    """Names of the heads that a test is about: of its parameters or, without one, of those in its name and file."""
    parameters = getattr(item, "callspec", None)
    given = [getattr(value, "name", value) for value in parameters.params.values()] if parameters else []
    named = {value for value in given if isinstance(value, str)} & set(heads.names())
    return named or set(mentioned(f"{item.path.stem} {item.originalname}"))


def mentioned(text: str) -> Iterator[str]:
    """Names of heads that stand in `text`, and not merely within the longer name of another."""
    for name in sorted(heads.names(), key=len, reverse=True):
        pattern = rf"(?<![^\W_]){name}(?![^\W_])"
        if re.search(pattern, text):
            yield name
            text = re.sub(pattern, " ", text)
