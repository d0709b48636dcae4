"""What tests of supervisors share."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

MODULE = "tests_worker"


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """worker("code") makes that code what the supervisor runs; it sees `record`, a path, and `rank`, an int."""

    def make(code: str) -> Path:
        record = tmp_path / "run.json"
        lines = f"import os, signal, sys, time\nfrom pathlib import Path\nrecord = Path({str(record)!r})\n"
        lines += "rank = int(os.environ.get('RANK', 0))\n" + textwrap.dedent(code)
        (tmp_path / f"{MODULE}.py").write_text(lines)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        return record

    return make
