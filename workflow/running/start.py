"""What the command line of snakemake says, checked before snakemake acts on it.

The profile that every run reads first calls `start`; the Snakefile then takes its config from `checked`. Either ends
snakemake with one sentence and exit status 2.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path

from snakemake.cli import parse_config
from snakemake.utils import update_config

from workflow.cells.config import Config
from workflow.cells.config_file import DEFAULT, check_entry, check_file, typed
from workflow.cells.paths import FOLDERS, LOGS
from workflow.errors import UserError, command_line
from workflow.running.logger import register

ROOT = Path(__file__).resolve().parents[2]
CONFIG_FILES = r"--configfiles?(=|$)"
NOTES = ".snakemake"
"""folder that snakemake keeps its notes in"""


def start(asked: argparse.Namespace) -> None:
    """Refuse what snakemake would answer with a traceback, or with waiting for ever; then make our logger known."""
    command_line(lambda: check(asked))
    register()


def check(asked: argparse.Namespace) -> None:
    """UserError for a config file, a `--config`, a number of cores or folders that no run can have."""
    if sum(re.match(CONFIG_FILES, word) is not None for word in sys.argv[1:]) > 1:
        raise UserError("--configfile is given twice, and only the last would count: name all files behind one")
    for path in files(asked):
        check_file(path)
    for entry in asked.config or ():
        _check_entry(entry)
    for option in ("cores", "jobs"):
        number = getattr(asked, option)
        if number is not None and number < 1:
            raise UserError(f"--{option} is {number}, with which no job could start: give at least 1")
    check_folders(Path(asked.directory or ""))
    if {"{", "}"} & set(str(ROOT)):
        raise UserError(f"this checkout lies in {ROOT}, whose braces snakemake takes for placeholders: move it")


def check_folders(place: Path) -> None:
    """UserError where something else lies in the place of a folder that snakemake and its jobs write into, or where
    snakemake can note nothing."""
    for name in (*FOLDERS, NOTES):
        if (folder := place / name).exists() and not folder.is_dir():
            raise UserError(f"{folder} is a file, and the workflow keeps a folder there: move it away")
    for name in (LOGS, NOTES):
        folder = place / name if (place / name).exists() else place
        if folder.exists() and not os.access(folder, os.W_OK):
            raise UserError(f"{folder.absolute()} cannot be written into: make it writable, or run in a copy of it")


def files(asked: argparse.Namespace) -> Iterator[Path]:
    """The config files that a run reads, the default one where it runs in a checkout."""
    default = Path(asked.directory or "") / DEFAULT
    if default.exists():
        yield default
    yield from map(Path, asked.configfile or ())


def _check_entry(entry: str) -> None:
    try:
        parse_config([entry])
    except ValueError as error:
        raise UserError(
            f"--config {entry} cannot be read: write KEY=VALUE with a section or key of the config's first level, "
            "such as --config 'train={lr: 0.2}'"
        ) from error
    check_entry(entry)


def checked(config: MutableMapping[str, object], files: Sequence[Path], said: object) -> Config:
    """The config that snakemake put together in `config` from `files` and from `said`, what `--config` gave, whose
    values `config` then has as a file would."""
    found: list[Config] = []

    def check() -> None:
        for path in files:
            check_file(path)
        update_config(config, typed(said))
        found.append(Config.parse(config))

    command_line(check)
    return found[0]
