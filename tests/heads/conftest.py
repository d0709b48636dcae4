"""What tests of heads share. Heads are tested on tiny tensors: threads would only wait for each other."""

import importlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import heads


@pytest.fixture(scope="package", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def add_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Put a file into a copy of heads/, which then is the folder that `heads` looks into; returns the head's name."""
    folder = tmp_path / "heads"
    shutil.copytree(heads.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(heads, "FOLDER", folder)
    monkeypatch.setattr(heads, "__path__", [str(folder)])

    def add(name: str, code: str) -> str:
        (folder / f"{name}.py").write_text(code)
        monkeypatch.delitem(sys.modules, f"heads.{name}", raising=False)
        importlib.invalidate_caches()
        return name

    return add
