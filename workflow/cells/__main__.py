"""`python -m workflow.cells`: what was computed, what no config names any more, and the config's own documents."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from workflow.cells.computed import Computed, computed, config_files, others, remove, standing
from workflow.cells.schema import write
from workflow.errors import UserError, command_line

UNITS = ("B", "kB", "MB", "GB", "TB")


def main() -> None:
    """Run one subcommand."""
    given = parser().parse_args()
    given.run(given)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m workflow.cells", description="What an experiment is.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    schema = commands.add_parser("schema", help="bring the config's JSON schema and the table of its keys up to date")
    schema.set_defaults(run=lambda _: write())
    listing = commands.add_parser("list", help="show what was computed, how large it is, and which configs name it")
    listing.set_defaults(run=lambda given: show(given.configfile))
    pruning = commands.add_parser("prune", help="remove what was computed and no config names")
    pruning.add_argument("--yes", action="store_true", help="remove without asking")
    pruning.set_defaults(run=lambda given: prune(given.configfile, given.yes))
    for command in (listing, pruning):
        command.add_argument(
            "--configfile",
            type=Path,
            nargs="+",
            help="the configs that count; without it, all in config/. Other profiles are left alone",
        )
    return top


def show(files: Sequence[Path] | None) -> None:
    """Print every place, with the configs that name it."""
    found = computed(files or config_files())
    for place in found:
        facts = [size(place.bytes), standing(place), ", ".join(place.configs) or "named by no config"]
        print(f"{place.path}: {'; '.join(filter(None, facts))}")
    unnamed = [place for place in found if not place.configs]
    print(f"{len(found)} places, {size(sum(place.bytes for place in found))}; {summed(unnamed)}.")
    for folder in others(sorted({Path(*place.path.parts[:2]) for place in found})):
        print(
            f"{folder} is of a profile that none of these configs has: name its config by --configfile, or remove it."
        )


def prune(files: Sequence[Path] | None, certain: bool) -> None:
    """Remove what no config names, after showing it."""
    unnamed = [place for place in computed(files or config_files()) if not place.configs]
    for place in unnamed:
        print(f"{place.path}: {size(place.bytes)}")
    print(f"{summed(unnamed)}.")
    if unnamed and (certain or agreed()):
        remove(unnamed)
        print("Removed.")


def agreed() -> bool:
    """Whether a person at the terminal agrees."""
    if not sys.stdin.isatty():
        raise UserError("nothing was removed: say --yes to remove without being asked")
    return input("Remove all of this? [y/N] ").strip().lower() in ("y", "yes")


def summed(unnamed: Sequence[Computed]) -> str:
    """How much no config names."""
    return f"{len(unnamed)} of them, {size(sum(place.bytes for place in unnamed))}, are named by no config"


def size(number: float) -> str:
    """Bytes as a person reads them."""
    unit = 0
    while number >= 1000 and unit < len(UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.3g} {UNITS[unit]}"


if __name__ == "__main__":
    command_line(main)
