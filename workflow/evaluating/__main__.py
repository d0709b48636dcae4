"""`python -m workflow.evaluating embed|score`: a trained cell's embeddings, then its scores."""

import argparse
from functools import partial
from pathlib import Path

from workflow.cells.choices import BASELINES
from workflow.cells.config import Backbone
from workflow.cells.evaluate_section import Evaluate
from workflow.cells.paths import EMBEDDINGS, EVALUATION
from workflow.cells.supervising import alone
from workflow.console import say
from workflow.errors import UserError, command_line
from workflow.evaluating import lost
from workflow.evaluating.record import evaluate_cell


def main() -> None:
    """Run one subcommand; what it leaves, however it ends, is the record that the next stage reads."""
    given = parser().parse_args()
    folder = given.out if given.run is _baseline else given.cell
    alone(partial(given.run, given), folder / given.record, partial(given.lost, given))


def parser() -> argparse.ArgumentParser:
    """The command line of this stage."""
    found = argparse.ArgumentParser(prog="python -m workflow.evaluating", description=__doc__)
    commands = found.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("embed", help="write embeddings, centres and class means into the cell's folder")
    command.set_defaults(run=_embed, record=EMBEDDINGS, lost=lost.embedding)
    _add_cell(command)
    command.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset, e.g. data/glyphs-s")
    command.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 or auto (default: cpu)")
    command.add_argument("--threads", type=_positive, default=1, help="CPU threads (default: 1)")
    _add_sets(command)
    command = commands.add_parser("baseline", help="embed and score what no head trained: pixels, LDA, first weights")
    command.set_defaults(run=_baseline, record=EVALUATION, lost=lost.baseline)
    command.add_argument("--kind", required=True, choices=BASELINES, help="which")
    command.add_argument("--out", type=Path, required=True, help="folder to write evaluation.json and resamples.npz to")
    command.add_argument("--profile", required=True, help="the profile's name, for the record")
    command.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset")
    command.add_argument("--split", type=Path, required=True, help="the profile's split.npz")
    command.add_argument("--backbone", required=True, help="the config's section backbone as JSON")
    command.add_argument("--threads", type=_positive, default=1, help="CPU threads (default: 1)")
    _add_distractors(command)
    _add_sets(command)
    command = commands.add_parser("score", help="write evaluation.json and resamples.npz there, print one line")
    command.set_defaults(run=_score, record=EVALUATION, lost=lost.scoring)
    _add_cell(command)
    _add_distractors(command)
    _add_sets(command)
    return found


def _add_sets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sets", type=_sets, default=Evaluate(), help='JSON: sets and flip of the config\'s section "evaluate"'
    )


def _sets(text: str) -> Evaluate:
    """The evaluation sets in the JSON `text`, or argparse's complaint."""
    try:
        return Evaluate.parse_argument("--sets", text, "evaluate")
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _add_distractors(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--distractors", type=_positive, nargs="*", default=[], help="numbers of distractors in 1:N, e.g. 1000 10000"
    )


def _add_cell(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cell", type=Path, required=True, help="folder of the cell's records")
    parser.add_argument("--split", type=Path, required=True, help="the profile's split.npz")


def _positive(text: str) -> int:
    """A positive whole number, or argparse's complaint."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return int(text)


def _embed(arguments: argparse.Namespace) -> None:
    import torch  # scoring needs numpy alone and starts in a fraction of the time

    from workflow.allocator import keep_freed_memory
    from workflow.devices import pick_device
    from workflow.evaluating.embed import embed_cell

    keep_freed_memory()
    torch.set_num_threads(arguments.threads)
    embed_cell(arguments.cell, arguments.dataset, arguments.split, pick_device(arguments.device), arguments.sets)


def _baseline(arguments: argparse.Namespace) -> None:
    import torch

    from workflow.evaluating.baselines import evaluate_baseline

    torch.set_num_threads(arguments.threads)
    backbone = Backbone.parse_argument("--backbone", arguments.backbone, "backbone")
    places = arguments.out, arguments.profile, arguments.dataset, arguments.split
    asked = arguments.sets.model_copy(update={"distractors": tuple(arguments.distractors)})
    evaluate_baseline(arguments.kind, *places, backbone, asked)


def _score(arguments: argparse.Namespace) -> None:
    say(evaluate_cell(arguments.cell, arguments.split, arguments.distractors, arguments.sets.sets_in_full))


if __name__ == "__main__":
    command_line(main, leaves_record=True)
