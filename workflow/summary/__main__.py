"""python -m workflow.summary: the records of a profile -> summary.json, runs.csv, scores.csv, costs.csv, heads.csv."""

import argparse
import json
from pathlib import Path

from workflow.cells.config import REFERENCE
from workflow.cells.spec import PlannedCost, PlannedRun
from workflow.console import log
from workflow.errors import UserError, command_line
from workflow.summary.collect import collect
from workflow.summary.planned import found_costs, found_runs, found_tuned, listed
from workflow.summary.tables import summarise
from workflow.summary.writing import write


def main() -> None:
    """Collect, write, and say what there is."""
    given = parser().parse_args()
    if not given.profile_dir.is_dir():
        raise UserError(f"{given.profile_dir} is not a folder: run the training stage first")
    summary = collect(
        given.profile_dir,
        listed(given.cells, PlannedRun, "--cells") if given.cells else found_runs(given.profile_dir),
        listed(given.costs, PlannedCost, "--costs") if given.costs else found_costs(given.profile_dir),
        reference=given.reference,
        split_file=given.split,
        machine_file=given.machine,
        manifest_file=given.manifest,
        tuned_files=found_tuned(given.profile_dir) if given.tuned is None else given.tuned,
    )
    if given.config:
        summary = summarise(summary.stored.model_copy(update={"config": json.loads(given.config)}))
    write(summary, given.out)
    done, planned = summary.heads["done"].sum(), len(summary.runs)
    log(f"{given.out}: {done} of {planned} runs and {len(summary.costs)} cost cells")


def parser() -> argparse.ArgumentParser:
    """The command line of this stage."""
    found = argparse.ArgumentParser(prog="python -m workflow.summary", description=__doc__)
    found.add_argument("--profile-dir", type=Path, required=True, help="results/<profile>")
    found.add_argument("--cells", help="planned training cells: JSON list or its file; default: those found")
    found.add_argument("--costs", help="planned cost cells: JSON list or its file; default: those found")
    found.add_argument("--split", type=Path, help="the runs' split.json; default: the one in <profile>/<dataset>")
    found.add_argument("--machine", type=Path, help="the machine's rates; default: the last measured of the profile")
    found.add_argument("--manifest", type=Path, help="the data set's manifest; default: that under data/ with its hash")
    found.add_argument("--tuned", type=Path, nargs="*", help="records of chosen settings; default: those found")
    found.add_argument("--reference", default=REFERENCE, help="row or head that differences are taken to (%(default)s)")
    found.add_argument("--config", help="JSON: the config of the whole profile, to be shown in the report")
    found.add_argument("--out", type=Path, required=True, help="summary.json; the tables are written beside it")
    return found


if __name__ == "__main__":
    command_line(main)
