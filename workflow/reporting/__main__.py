"""python -m workflow.reporting {collect,figures,html,pdf}: each step reads and writes explicit paths."""

import argparse
from pathlib import Path

from workflow.console import log
from workflow.errors import UserError, command_line
from workflow.files import read_json
from workflow.summary.old.records import discovered, listed


def main() -> None:
    """Parse the command line and run one step."""
    arguments = parser().parse_args()
    arguments.run(arguments)


def parser() -> argparse.ArgumentParser:
    """The command line of this stage."""
    top = argparse.ArgumentParser(prog="python -m workflow.reporting", description=__doc__)
    steps = top.add_subparsers(required=True, metavar="step")
    step = steps.add_parser("collect", help="records -> summary.json, runs.csv, scores.csv, costs.csv, heads.csv")
    step.add_argument("--profile-dir", type=Path, required=True, help="results/<profile>")
    step.add_argument("--cells", help="planned training cells: JSON list or its file; default: those found")
    step.add_argument("--costs", help="planned cost cells: JSON list or its file; default: those found")
    step.add_argument("--split", type=Path, help="the runs' split.json; default: the one in <profile>/<dataset>")
    step.add_argument("--data", type=Path, default=Path("data"), help="folder that holds <dataset>/manifest.json")
    step.add_argument("--reference", default="fc", help="row or head that differences are taken to (default: fc)")
    step.add_argument("--out", type=Path, required=True, help="summary.json; the tables are written beside it")
    step.set_defaults(run=run_collect)
    step = steps.add_parser("figures", help="summary.json -> SVG, PDF and CSV of every figure, figures.json")
    step.add_argument("--summary", type=Path, required=True)
    step.add_argument("--out", type=Path, required=True, help="folder")
    step.set_defaults(run=run_figures)
    for name, run in (("html", run_html), ("pdf", run_pdf)):
        step = steps.add_parser(name, help=f"summary.json and figures -> one {name} file")
        step.add_argument("--summary", type=Path, required=True)
        step.add_argument("--figures", type=Path, required=True, help="folder that `figures` wrote")
        step.add_argument("--published", type=Path, help="results/published: summaries of other machines")
        step.add_argument("--out", type=Path, required=True)
        step.set_defaults(run=run)
    return top


def run_collect(arguments: argparse.Namespace) -> None:
    """Write the summary and its tables."""
    from workflow.summary.old.collect import collect, write

    if not arguments.profile_dir.is_dir():
        raise UserError(f"{arguments.profile_dir} is not a folder: run the training stage first")
    cells, costs = discovered(arguments.profile_dir)
    cells = listed(arguments.cells, "--cells") if arguments.cells else cells
    costs = listed(arguments.costs, "--costs") if arguments.costs else costs
    summary = collect(
        arguments.profile_dir,
        cells,
        costs,
        data=arguments.data,
        reference=arguments.reference,
        split_file=arguments.split,
    )
    write(summary, arguments.out)
    done = sum(run["outcome"] == "ok" for run in summary["runs"])
    log(f"{arguments.out}: {done} of {len(summary['runs'])} runs and {len(summary['costs'])} cost cells")


def run_figures(arguments: argparse.Namespace) -> None:
    """Draw the figures."""
    from workflow.reporting.figures import draw_all

    index = draw_all(read_json(arguments.summary), arguments.out)
    for name, entry in index.items():
        if not entry["drawn"]:
            log(f"{name} is not drawn: {entry['reason']}")


def run_html(arguments: argparse.Namespace) -> None:
    """Write the HTML report."""
    from workflow.reporting.document import load
    from workflow.reporting.html import write_html

    write_html(load(arguments.summary, arguments.figures, arguments.published), arguments.figures, arguments.out)


def run_pdf(arguments: argparse.Namespace) -> None:
    """Write the PDF report."""
    from workflow.reporting.document import load
    from workflow.reporting.pdf import write_pdf

    write_pdf(load(arguments.summary, arguments.figures, arguments.published), arguments.figures, arguments.out)


if __name__ == "__main__":
    command_line(main)
