"""What a config file, or a command line, is answered with: as snakemake meets it, without starting snakemake."""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from snakemake.cli import parse_config
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from workflow.cells.config import Config
from workflow.running.start import DEFAULT, checked, start

ROOT = Path(__file__).parents[2]
CANNOT = "headroom: the config cannot be run: "


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """Snakemake up to its config: the profile's checks, the files on top of the default one, then the Snakefile's."""
    monkeypatch.chdir(ROOT)

    def begin(*files: Path, said: list[str] | None = None, **options: int | None) -> Config:
        start(Namespace(**{"configfile": files, "config": said, "cores": 1, "jobs": None, "directory": None} | options))
        config = load_configfile(DEFAULT)
        for file in files:
            update_config(config, load_configfile(file))
        given = parse_config(said)
        update_config(config, given)
        return checked(config, files, given)

    return begin


@pytest.fixture
def answer(begin: Callable[..., Config], capsys: pytest.CaptureFixture) -> Callable[..., tuple[object, str]]:
    """Exit status and what is said where that is refused; status 0 and nothing where it is not."""

    def answer(*files: Path, **options: object) -> tuple[object, str]:
        try:
            begin(*files, **options)
        except SystemExit as ended:
            return ended.code, capsys.readouterr().err.strip()
        return 0, capsys.readouterr().err.strip()

    return answer
