"""python -m workflow.reporting {figures,html,pdf}: each step reads and writes explicit paths."""

import argparse
from collections.abc import Callable
from pathlib import Path

from workflow.console import log
from workflow.errors import command_line


def main() -> None:
    """Parse the command line and run one step."""
    arguments = parser().parse_args()
    arguments.run(arguments)


def parser() -> argparse.ArgumentParser:
    """The command line of this stage."""
    top = argparse.ArgumentParser(prog="python -m workflow.reporting", description=__doc__)
    steps = top.add_subparsers(required=True, metavar="step")
    step = steps.add_parser("figures", help="summary.json -> SVG, PDF and CSV of every figure, figures.json")
    step.add_argument("--summary", type=Path, required=True)
    step.add_argument("--out", type=Path, required=True, help="folder")
    step.set_defaults(run=run_figures)
    runs: dict[str, Callable[[argparse.Namespace], None]] = {"html": run_html, "pdf": run_pdf}
    for name, run in runs.items():
        step = steps.add_parser(name, help=f"summary.json and figures -> one {name} file")
        step.add_argument("--summary", type=Path, required=True)
        step.add_argument("--figures", type=Path, required=True, help="folder that `figures` wrote")
        step.add_argument("--published", type=Path, help="results/published: summaries of other machines")
        step.add_argument("--out", type=Path, required=True)
        step.set_defaults(run=run)
    return top


def run_figures(arguments: argparse.Namespace) -> None:
    """Draw the figures."""
    from workflow.reporting.figures.every import draw_all
    from workflow.summary.reading import read_summary

    for name, entry in draw_all(read_summary(arguments.summary), arguments.out).items():
        if entry.reason is not None:
            log(f"{name} is not drawn: {entry.reason}")


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
