"""`python -m workflow.training`: train one cell, by hand or from the workflow."""

import argparse
from pathlib import Path

from workflow.cells.paths import ratio_text
from workflow.cells.spec import RunSpec
from workflow.console import duration
from workflow.errors import command_line
from workflow.training.cell import Cell, run
from workflow.training.processes import joined, leads


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m workflow.training",
        description="Train one cell and write run.json, steps.jsonl and model.pt. A cell that was killed continues "
        "from its checkpoint. To train on several processes, start this module by torchrun.",
    )
    parser.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset, e.g. data/glyphs-s")
    parser.add_argument("--split", type=Path, required=True, help="the profile's split.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder of the cell's records")
    parser.add_argument("--spec", required=True, help="JSON: cell, head, train and backbone (run.json shows one)")
    arguments = parser.parse_args()
    spec = RunSpec.parse(arguments.spec).model_dump(mode="json")
    spec["head"] = spec.pop("options")
    with joined(spec["train"]["device"]):
        train(Cell(spec, arguments.dataset, arguments.split, arguments.out))


def train(cell: Cell) -> None:
    """Train `cell`, with a line before and after; of several processes one says it."""
    place, settings = cell.spec["cell"], cell.spec["train"]
    name = f"{place['label']} {ratio_text(place['ratio'])} seed {place['seed']}"
    say(f"training {name}: {settings['steps']} steps into {cell.folder}")
    record = run(cell)
    ended = "done" if record["outcome"] == "ok" else f"{record['outcome']} ({record['reason']})"
    say(f"trained {name}: {ended}, {record['steps']} steps in {duration(record['seconds'])}")


def say(line: str) -> None:
    if leads():
        print(line, flush=True)


if __name__ == "__main__":
    command_line(main)
