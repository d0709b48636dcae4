"""What tests of data sets share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


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
