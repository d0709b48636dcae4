"""`python -m workflow.training`: train one cell, by hand or from the workflow."""

import argparse
import json
from pathlib import Path

from workflow.console import duration
from workflow.record import UserError, command_line, ratio_text
from workflow.training.cell import Cell, run


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m workflow.training",
        description="Train one cell and write run.json, steps.jsonl and model.pt. A cell that was killed continues "
        "from its checkpoint.",
    )
    parser.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset, e.g. data/glyphs-s")
    parser.add_argument("--split", type=Path, required=True, help="the profile's split.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder of the cell's records")
    parser.add_argument("--spec", required=True, help="JSON: cell, head, train and backbone (run.json shows one)")
    arguments = parser.parse_args()
    try:
        spec = json.loads(arguments.spec)
    except json.JSONDecodeError as error:
        raise UserError(f"--spec is not valid JSON: {error}") from error
    cell = spec["cell"]
    name = f"{cell['label']} {ratio_text(cell['ratio'])} seed {cell['seed']}"
    print(f"training {name}: {spec['train']['steps']} steps into {arguments.out}", flush=True)
    record = run(Cell(spec, arguments.dataset, arguments.split, arguments.out))
    ended = "done" if record["outcome"] == "ok" else f"{record['outcome']} ({record['reason']})"
    print(f"trained {name}: {ended}, {record['steps']} steps in {duration(record['seconds'])}", flush=True)


if __name__ == "__main__":
    command_line(main)
