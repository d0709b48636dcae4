"""One made-up profile, collected, drawn and rendered once for all tests of the report."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import records
from workflow.files import read_json, write_json
from workflow.reporting.document import load
from workflow.reporting.figures.every import draw_all
from workflow.reporting.html import write_html
from workflow.reporting.material import Material
from workflow.reporting.pdf import write_pdf
from workflow.summary.collect import collect
from workflow.summary.reading import read_summary
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise
from workflow.summary.writing import write

CONFIG = {"profile": "default", "heads": [{"name": "fc"}]}
Recollect = Callable[..., Summary]


class Made(NamedTuple):
    """Paths of everything the report stage wrote."""

    root: Path
    profile: Path
    summary: Path
    figures: Path
    html: Path
    pdf: Path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The whole stage, run once on made-up records."""
    root = tmp_path_factory.mktemp("report")
    profile = records.build(root)
    paths = Made(root, profile, profile / "summary.json", profile / "figures", root / "r.html", root / "r.pdf")
    collected = collect(profile, *records.planned(profile), manifest_file=records.manifest_of(root))
    write(summarise(collected.stored.model_copy(update={"config": CONFIG})), paths.summary)
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


@pytest.fixture
def recollect(tmp_path: Path) -> Recollect:
    """Build records, let `change(profile)` alter them, and collect."""

    def run(change: Callable[[Path], None], seeds: tuple[int, ...] = records.SEEDS) -> Summary:
        profile = records.build(tmp_path, seeds)
        change(profile)
        return collect(profile, *records.planned(profile, seeds), manifest_file=records.manifest_of(tmp_path))

    return run


def edit(path: Path, **changes: object) -> None:
    """Change fields of a record as it lies on disk."""
    write_json(path, {**read_json(path), **changes})
