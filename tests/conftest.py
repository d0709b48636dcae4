"""What every package's tests share: real small data, glyphs of the fonts that matplotlib ships, so that no network is
needed; a made-up profile, collected; and a folder of heads to which a test may add one."""

import importlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

import heads
from tests.collected import collected, recollect
from workflow.cells.data_section import Data
from workflow.data.build import build
from workflow.data.split import make_split
from workflow.data.store import open_dataset

__all__ = ["add_head", "collected", "glyphs", "recollect", "split"]
settings.register_profile("headroom", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("headroom")
DATA = {"name": "dejavu", "tier": "dejavu", "characters": 600}


@pytest.fixture(scope="session")
def glyphs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished dataset folder: 600 characters in the twelve faces of DejaVu, 32 x 32 pixels."""
    folder = tmp_path_factory.mktemp("data") / "dejavu"
    build(Data.parse(DATA), folder, folder.parent / "wheels", jobs=1)
    return folder


@pytest.fixture(scope="session")
def split(glyphs: Path) -> Path:
    """split.npz of `glyphs`: 200 training classes of 4 to 1 images, 40 + 80 open-set classes, 100 distractors."""
    path = glyphs.parent / "results" / "split.npz"
    make_split(open_dataset(glyphs), Data.parse(DATA), path)
    return path


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
