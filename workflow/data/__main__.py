"""Fetch, build, split and check datasets: `python -m workflow.data --help`."""

import argparse
from pathlib import Path

from workflow.cells.data_section import Data
from workflow.console import log
from workflow.data.build import build
from workflow.data.faces import load_tier
from workflow.data.fetch import fetch
from workflow.data.split import make_split
from workflow.data.store import check_dataset, open_dataset
from workflow.errors import UserError, command_line
from workflow.names import text_of


def main() -> None:
    """Run one subcommand."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workflow.data", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    make = commands.add_parser("fetch", help="download the fonts of a tier into the cache")
    make.set_defaults(run=_fetch)
    _add_data(make)
    _add_cache(make)
    make = commands.add_parser("build", help="fetch, render (or read a folder) and write a dataset folder")
    make.set_defaults(run=_build)
    _add_data(make)
    _add_cache(make)
    make.add_argument("--out", type=Path, required=True, help="the dataset folder, such as data/glyphs-s")
    make.add_argument("--jobs", type=int, default=1, help="processes (default 1); the result does not depend on it")
    make = commands.add_parser("split", help="choose classes, images and pairs of an experiment")
    make.set_defaults(run=_split)
    _add_data(make)
    make.add_argument("--dataset", type=Path, required=True, help="a folder that build wrote")
    make.add_argument("--out", type=Path, required=True, help="the .npz to write; a .json goes beside it")
    make = commands.add_parser("check", help="verify a dataset folder against its manifest")
    make.set_defaults(run=_check)
    make.add_argument("folder", type=Path)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", dest="data", type=_json, required=True, help="the config's data section as JSON")


def _add_cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cache", type=Path, default=Path("data/wheels"), help="downloads (default data/wheels)")


def _json(text: str) -> Data:
    return Data.parse_argument("--settings", text_of(text), "data")


def _fetch(arguments: argparse.Namespace) -> None:
    if arguments.data.source != "glyphs":
        raise UserError(f"nothing to fetch: data.source is {arguments.data.source}")
    results = fetch(load_tier(arguments.data.tier).sources, arguments.cache)
    log(f"{sum(result.status == 'ok' for result in results)} of {len(results)} packages are in {arguments.cache}")


def _build(arguments: argparse.Namespace) -> None:
    build(arguments.data, arguments.out, arguments.cache, arguments.jobs)


def _split(arguments: argparse.Namespace) -> None:
    make_split(open_dataset(arguments.dataset), arguments.data, arguments.out)


def _check(arguments: argparse.Namespace) -> None:
    log(f"{arguments.folder} is whole: {check_dataset(arguments.folder)}")


if __name__ == "__main__":
    command_line(main)
