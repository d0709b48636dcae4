"""The made-up profile, drawn and rendered once for all tests of the report."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.collected import Collected
from workflow.reporting.document import load
from workflow.reporting.figures.every import draw_all
from workflow.reporting.html import write_html
from workflow.reporting.material import Material
from workflow.reporting.pdf import write_pdf
from workflow.summary.reading import read_summary
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise
from workflow.summary.writing import write

CONFIG = {"profile": "default", "heads": [{"name": "fc"}]}


class Made(NamedTuple):
    """Paths of everything the report stage wrote."""

    root: Path
    profile: Path
    summary: Path
    figures: Path
    html: Path
    pdf: Path


@pytest.fixture(scope="session")
def made(collected: Collected, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The whole stage, run once on made-up records."""
    root = tmp_path_factory.mktemp("report")
    paths = Made(root, collected.profile, root / "summary.json", root / "figures", root / "r.html", root / "r.pdf")
    write(summarise(collected.summary.stored.model_copy(update={"config": CONFIG})), paths.summary)
    material = load(paths.summary, draw(paths))
    write_html(material, paths.figures, paths.html)
    write_pdf(material, paths.figures, paths.pdf)
    return paths


def draw(paths: Made) -> Path:
    """Draw the figures, and return their folder."""
    draw_all(read_summary(paths.summary), paths.figures)
    return paths.figures


@pytest.fixture
def material(made: Made) -> Material:
    """What the report is made from."""
    return load(made.summary, made.figures)


@pytest.fixture
def summary(material: Material) -> Summary:
    return material.summary
