"""`python -m workflow.cells schema`: make workflow/schemas/config.schema.yaml and the table in config/README.md."""

import argparse

from workflow.cells.schema import write
from workflow.errors import command_line


def main() -> None:
    """Run one subcommand."""
    parser = argparse.ArgumentParser(prog="python -m workflow.cells", description="What an experiment is.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    schema = commands.add_parser("schema", help="bring the config's JSON schema and the table of its keys up to date")
    schema.set_defaults(run=write)
    parser.parse_args().run()


if __name__ == "__main__":
    command_line(main)
