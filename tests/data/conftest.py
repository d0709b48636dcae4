"""What tests of data sets share."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workflow.data import reading
from workflow.data.processes import in_parallel


@pytest.fixture(scope="package", autouse=True)
def _read_here() -> Iterator[None]:
    """Read images in this process where one is asked for: what a process of its own is for, few tests are about, and
    each would wait for it to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "in_parallel", lambda function, tasks, jobs, apart: in_parallel(function, tasks, jobs))
        yield


@pytest.fixture
def deny_listing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make every folder of a name one that nobody may list; to root, as whom tests may run, no permission denies it."""
    real = os.scandir

    def deny(name: str) -> None:
        def scandir(path):
            if Path(path).name == name:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)

    return deny
