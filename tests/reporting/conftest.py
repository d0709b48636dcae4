"""One made-up profile, collected, drawn and rendered once for all tests of the report."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.reporting import fake_records
from workflow.files import read_json
from workflow.reporting.document import load
from workflow.reporting.figures import draw_all
from workflow.reporting.html import write_html
from workflow.reporting.pdf import write_pdf
from workflow.summary.old.collect import collect, write


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
    profile = fake_records.build(root)
    paths = Made(root, profile, profile / "summary.json", profile / "figures", root / "r.html", root / "r.pdf")
    write(collect(profile, *fake_records.planned(), data=root / "data"), paths.summary)
    draw_all(read_json(paths.summary), paths.figures)
    write_html(load(paths.summary, paths.figures), paths.figures, paths.html)
    write_pdf(load(paths.summary, paths.figures), paths.figures, paths.pdf)
    return paths


@pytest.fixture
def summary(made: Made) -> dict[str, Any]:
    """A fresh copy of the summary, free to change."""
    return read_json(made.summary)


@pytest.fixture
def recollect(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Build records, let `change(profile)` alter them, and collect."""

    def run(change: Callable[[Path], None], seeds: tuple[int, ...] = fake_records.SEEDS) -> dict[str, Any]:
        profile = fake_records.build(tmp_path, seeds)
        change(profile)
        cells, costs = fake_records.planned(seeds)
        return collect(profile, cells, costs, data=tmp_path / "data")

    return run
