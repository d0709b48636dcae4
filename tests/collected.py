"""A made-up profile, collected and written once: what the tests of the summary and of the report start from."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import records
from workflow.files import read_json, write_json
from workflow.summary.collect import collect
from workflow.summary.summary import Summary
from workflow.summary.writing import write

Recollect = Callable[..., Summary]


class Collected(NamedTuple):
    """A profile's folder, the folder that holds its data, its summary and where that is written."""

    root: Path
    profile: Path
    summary: Summary
    out: Path


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """The whole stage, run once on made-up records, which no test may change."""
    root = tmp_path_factory.mktemp("collected")
    profile = records.build(root)
    summary = collect(profile, *records.planned(profile), manifest_file=records.manifest_of(root))
    write(summary, profile / "summary.json")
    return Collected(root, profile, summary, profile / "summary.json")


@pytest.fixture
def recollect(tmp_path: Path) -> Recollect:
    """Build records, let `change(profile)` alter them, and collect."""

    def run(change: Callable[[Path], None], seeds: Sequence[int] = records.SEEDS) -> Summary:
        profile = records.build(tmp_path, seeds)
        change(profile)
        return collect(profile, *records.planned(profile, seeds), manifest_file=records.manifest_of(tmp_path))

    return run


def edit(path: Path, **changes: object) -> None:
    """Change fields of a record as it lies on disk."""
    write_json(path, {**read_json(path), **changes})
