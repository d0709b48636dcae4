"""`python -m workflow.training.fits`: whether a backbone takes the images, tried before any of them is made."""

import argparse

from workflow.cells.config import Backbone
from workflow.errors import command_line
from workflow.training.backbones import build


def main() -> None:
    """Make the backbone; what it does not take is said in a sentence, with exit status 2."""
    given = parser().parse_args()
    build(Backbone.parse_argument("--backbone", given.backbone, "backbone"), given.channels, given.size)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m workflow.training.fits", description=__doc__)
    top.add_argument("--backbone", required=True, help="the config's section backbone as JSON")
    top.add_argument("--channels", type=int, required=True, help="1 for grey images, 3 for colours")
    top.add_argument("--size", type=int, required=True, help="side of the images, pixels")
    return top


if __name__ == "__main__":
    command_line(main)
