"""`python -m heads`: list the heads. `… new NAME`: start a new one from a working example. `… cost --classes …`: what a
training step would take, before anything is run."""

import argparse
import inspect
import io
import keyword
import sys
from typing import TYPE_CHECKING

import heads

if TYPE_CHECKING:
    from heads.kit.interface import Head

EXAMPLE = heads.FOLDER / "new_head.txt"


def line(name: str) -> str:
    """Two lines about head `name`: its batches, its twin, what it is; its options with their defaults."""
    try:
        return described(name, heads.load(name))
    except Exception as error:  # whatever a newcomer's file says must not hide the other heads
        return f"{name:12} {error}"


def described(name: str, head: type["Head"]) -> str:
    """The two lines about a head that could be loaded."""
    twin = f"twin {head.momentum}" if head.momentum is not None else "no twin"
    summary = (head.__doc__ or "without a docstring").splitlines()[0]
    given = inspect.signature(head).parameters
    options = ", ".join(option_with_default(given[option]) for option in heads.options(name))
    return f"{name:12} {head.batches:16} {twin:11} {summary}\n{'':13}{options}"


def option_with_default(option: inspect.Parameter) -> str:
    """`name=default`, or the name alone of an option that has none."""
    return option.name if option.default is option.empty else f"{option.name}={option.default}"


def new(name: str) -> str:
    """Write heads/<name>.py, a small head that already meets the contract; returns what to do next.

    Raises ValueError if the name cannot be a head's or the file exists.
    """
    path = heads.FOLDER / f"{name}.py"
    if not name.isidentifier() or name.startswith("_"):
        raise ValueError(f"'{name}' cannot name a head: use letters, digits and underscores, not an underscore first")
    if keyword.iskeyword(name):
        raise ValueError(f"'{name}' is a word of Python's: choose another name")
    there = {one.stem.casefold(): one.name for one in heads.FOLDER.iterdir()}
    if found := there.get(name.casefold()):
        raise ValueError(f"heads/{found} exists already: choose another name or edit that")
    try:
        path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        path.unlink(missing_ok=True)
        raise ValueError(f"heads/{name}.py cannot be written ({error.strerror})") from error
    checks = f"`pytest tests/heads -k {name}` checks it"
    return f"heads/{name}.py is a working head; {checks}, and to run it add\n  - {{head: {name}}}"


def cost(arguments: list[str]) -> None:
    """Answer with the planner, which puts heads together with a backbone and records; this package does without it."""
    try:
        from workflow.errors import command_line
        from workflow.planner.__main__ import main as answer
    except ModuleNotFoundError as error:
        sys.exit(f"headroom: `python -m heads cost` needs {error.name}: run it in the checkout, all packages installed")
    command_line(lambda: answer(arguments))


def main() -> None:
    if sys.argv[1:2] == ["cost"]:
        return cost(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m heads", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("new", help="start a new head from a working example").add_argument("name")
    commands.add_parser("cost", help="what a step would take: memory of each GPU, time, limits", add_help=False)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    arguments = parser.parse_args()
    if arguments.command is None:
        print("\n".join(line(name) for name in heads.names()))
        return
    try:
        print(new(arguments.name), "to `heads` of the config", sep="\n")
    except ValueError as error:
        sys.exit(f"headroom: {error}")


if __name__ == "__main__":
    main()
