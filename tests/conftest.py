"""Real small data for every package's tests: glyphs of the fonts that matplotlib ships, so no network is needed."""

from pathlib import Path

import pytest

from workflow.cells.data_section import Data
from workflow.data.build import build
from workflow.data.split import make_split
from workflow.data.store import open_dataset

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
