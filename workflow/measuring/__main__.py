"""`python -m workflow.measuring`: measure this machine, or one cost cell, alone on it."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from workflow.cells.spec import CostSpec
from workflow.cells.supervising import alone, is_worker, supervise
from workflow.endings import Ending
from workflow.errors import command_line
from workflow.measuring.lost import write_lost
from workflow.provenance import now

MODES = {
    "head": "a head alone, on random embeddings",
    "end-to-end": "a training step on real data",
    "synthetic": "a training step whose labels are drawn over any number of classes",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command in this process."""
    from workflow.measuring import commands  # with torch, which the supervisor can do without

    given = parser().parse_args(arguments)
    given.out = given.out.absolute()  # a head may change the working folder
    run = {"machine": commands.machine, "head": commands.head, "end-to-end": commands.end_to_end}
    run |= {"synthetic": commands.synthetic}
    run[given.command](given)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m workflow.measuring", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    command = commands.add_parser("machine", help="this machine's rates of matrix products and copies")
    command.add_argument("--settings", required=True, help="JSON: the config's section `measure`")
    for name, text in MODES.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("--spec", required=True, help="JSON: cell, options, train, backbone, measure, classes")
        command.add_argument("--machine", type=Path, required=True, help="machine.json of the same profile")
        command.set_defaults(split=None)
        if name != "head":
            command.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset")
            command.add_argument("--split", type=Path, required=True, help="the profile's split.npz")
    for command in commands.choices.values():
        command.add_argument("--out", type=Path, required=True, help="the JSON record to write")
    return top


def supervised() -> None:
    """Run a command, a cost cell in a process of its own: where that dies, it still leaves a record."""
    given = parser().parse_args()
    if given.command == "machine":
        return alone(main, given.out, partial(machine_lost, given))
    if is_worker():
        return main()
    spec = CostSpec.parse(given.spec)
    how = given.out, partial(lost, spec, given, now()), spec.train.hung_after
    sys.exit(supervise("workflow.measuring", sys.argv[1:], 1, *how))


def machine_lost(given: argparse.Namespace, ending: Ending) -> None:
    """Write the record of the machine that the process died of."""
    from workflow.measuring import commands

    commands.machine_lost(given, ending)


def lost(spec: CostSpec, given: argparse.Namespace, started: str, ending: Ending) -> None:
    """Write the record of a cell whose process died. UserError, and no record, where it died of the images that it had
    mapped into memory."""
    from workflow.data.store import check_mapped  # with libraries that a supervisor can do without

    if given.command != "head":
        check_mapped(given.dataset)
    write_lost(spec, given.command, given.split, given.out, ending, started)


if __name__ == "__main__":
    command_line(supervised, leaves_record=True)
