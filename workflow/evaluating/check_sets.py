"""`python -m workflow.evaluating.check_sets`: read the field's evaluation sets whole before the first cell is trained,
so that a damaged one is told then and not after the training."""

import argparse
from pathlib import Path

from workflow.cells.evaluate_section import Evaluate, EvaluationSet
from workflow.console import say
from workflow.data.manifest import read_manifest
from workflow.data.reading import MODES
from workflow.errors import command_line
from workflow.evaluating.cosine import spans
from workflow.evaluating.set_images import ground_of, read_set
from workflow.files import write_text

IMAGES = 512
"""decoded at a time"""


def main() -> None:
    """Check, and write what each set asks; what cannot be read is a sentence, with exit status 2."""
    given = parser().parse_args()
    settings = read_manifest(given.dataset, "hash")["settings"]
    mode = MODES[str(settings.get("colour", "grey"))]
    asked = Evaluate.parse_argument("--sets", given.sets, "evaluate").sets_in_full
    told = [checked(one, int(str(settings["size"])), mode, ground_of(settings)) for one in asked]
    write_text(given.out, "".join(f"{line}\n" for line in told))
    say("; ".join(told))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m workflow.evaluating.check_sets", description=__doc__)
    top.add_argument("--sets", required=True, help='JSON: sets and flip of the config\'s section "evaluate"')
    top.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset, as whose images are made")
    top.add_argument("--out", type=Path, required=True, help="a text file, written where nothing is wrong")
    return top


def checked(one: EvaluationSet, size: int, mode: str, ground: str) -> str:
    """What a set asks, in words, once every image of it could be decoded; UserError names the first that could not."""
    images, questions = read_set(one, size, mode, ground)
    for first, last in spans(len(images), IMAGES):
        images[first:last]
    if one.is_search:
        return f"{one.called}: {len(questions['probe']):,} probes among {len(questions['gallery']):,} gallery images"
    return f"{one.called}: {len(questions['same']):,} pairs, {int(questions['same'].sum()):,} of them of one class"


if __name__ == "__main__":
    command_line(main)
