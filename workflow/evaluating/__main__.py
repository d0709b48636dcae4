"""`python -m workflow.evaluating embed|score`: a trained cell's embeddings, then its scores."""

import argparse
from pathlib import Path

from workflow.errors import command_line
from workflow.evaluating.record import score_cell


def main() -> None:
    arguments = parser().parse_args()
    if arguments.command == "score":
        print(score_cell(arguments.cell, arguments.split, arguments.distractors), flush=True)
        return
    import torch  # scoring needs numpy alone and starts in a fraction of the time

    from workflow.allocator import keep_freed_memory
    from workflow.devices import pick_device
    from workflow.evaluating.embed import embed_cell

    keep_freed_memory()
    torch.set_num_threads(arguments.threads)
    embed_cell(arguments.cell, arguments.dataset, arguments.split, pick_device(arguments.device))


def parser() -> argparse.ArgumentParser:
    """The command line of this stage."""
    top = argparse.ArgumentParser(prog="python -m workflow.evaluating", description="Embed and score a trained cell.")
    commands = top.add_subparsers(dest="command", required=True)
    embed = commands.add_parser("embed", help="write embeddings.npy and centres.npy into the cell's folder")
    score = commands.add_parser("score", help="write evaluation.json into the cell's folder and print one line")
    for command in (embed, score):
        command.add_argument("--cell", type=Path, required=True, help="folder of the cell's records")
        command.add_argument("--split", type=Path, required=True, help="the profile's split.npz")
    embed.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset, e.g. data/glyphs-s")
    embed.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 or auto (default: cpu)")
    embed.add_argument("--threads", type=positive, default=1, help="CPU threads (default: 1)")
    score.add_argument(
        "--distractors", type=positive, nargs="*", default=[], help="sizes of the crowd in 1:N, e.g. 1000 10000"
    )
    return top


def positive(text: str) -> int:
    """A positive whole number, or argparse's complaint."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive whole number")
    return int(text)


if __name__ == "__main__":
    command_line(main)
