"""`python -m workflow.training`: train one cell, by hand or from the workflow."""

import argparse
import sys
from functools import partial
from pathlib import Path

from workflow import console
from workflow.cells.paths import RUN, ratio_text
from workflow.cells.spec import RunSpec
from workflow.cells.supervising import Launcher, is_worker, supervise
from workflow.cells.train_section import Train
from workflow.console import duration
from workflow.endings import Ending
from workflow.errors import command_line
from workflow.provenance import now
from workflow.training.lost import write_lost


def main() -> None:
    given = parser().parse_args()
    spec = RunSpec.parse(given.spec)
    if is_worker():
        train(spec, given.dataset, given.split, given.out, tuple(given.reads))
        return
    how = given.out / RUN, partial(lost, spec, given, now()), spec.train.hung_after, across(spec.train)
    sys.exit(supervise("workflow.training", sys.argv[1:], spec.train.processes, *how))


def across(train: Train) -> Launcher | None:
    """What starts the processes of a cell on several nodes; None on one."""
    if train.nodes == 1:
        return None
    from workflow.training.across import launcher  # with torch, which the supervisor can do without

    return launcher(train.nodes, train.processes, train.cores)


def lost(spec: RunSpec, given: argparse.Namespace, started: str, ending: Ending) -> None:
    """Write the records of a cell whose processes died. UserError, and no record, where they died of the images that
    they had mapped into memory."""
    from workflow.data.store import check_mapped  # with libraries that a supervisor can do without

    check_mapped(given.dataset)
    write_lost(spec, given.split, given.out, ending, started)
    console.say(f"trained {name_of(spec)}: {ending.outcome} ({ending.reason})")


def name_of(spec: RunSpec) -> str:
    """The cell in words."""
    role = "" if spec.cell.role == "row" else f" ({spec.cell.role})"
    return f"{spec.cell.label} {ratio_text(spec.cell.ratio)} seed {spec.cell.seed}{role}"


def parser() -> argparse.ArgumentParser:
    """The command line of this stage."""
    top = argparse.ArgumentParser(
        prog="python -m workflow.training",
        description="Train one cell and write run.json, steps.jsonl and model.pt. A cell that was killed continues "
        "from its checkpoint. train.processes of the specification says on how many processes; torchrun may start "
        "this module, too.",
    )
    top.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset, e.g. data/glyphs-s")
    top.add_argument("--split", type=Path, required=True, help="the profile's split.npz")
    top.add_argument("--out", type=Path, required=True, help="folder of the cell's records")
    top.add_argument("--spec", required=True, help="JSON: cell, options, train and backbone (run.json shows one)")
    top.add_argument(
        "--reads",
        type=Path,
        nargs="*",
        default=[],
        help="records of other cells that decide a setting: for equal seconds the cost records of the whole step, of "
        "this row and of the reference; for a tuned row the setting that was chosen",
    )
    return top


def train(spec: RunSpec, dataset: Path, split: Path, folder: Path, reads: tuple[Path, ...] = ()) -> None:
    """Train a cell in this process, with a line before and after; of several processes one says it."""
    from workflow.evaluating.scores import curve_scores  # with torch, which the supervisor can do without
    from workflow.training.cell import Cell
    from workflow.training.processes import joined
    from workflow.training.run import run

    name = name_of(spec)
    with joined(spec.train.device):
        say(f"training {name} into {folder}")
        dataset, split, folder = dataset.absolute(), split.absolute(), folder.absolute()  # a head may go elsewhere
        record = run(Cell(spec, dataset, split, folder, curve_scores, reads))
        end = "done" if record.outcome == "ok" else f"{record.outcome} ({record.reason})"
        say(f"trained {name}: {end}, {record.steps} steps in {duration(record.seconds or 0)}")


def say(line: str) -> None:
    """Print `line`, in one of several processes."""
    from workflow.training.processes import leads

    if leads():
        console.say(line)


if __name__ == "__main__":
    command_line(main, leaves_record=True)
