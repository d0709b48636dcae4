"""What a subcommand leaves whose process died: the same files, which say how and why, so that the report comes."""

import argparse
import json

from workflow.console import say
from workflow.data.split_file import load_split
from workflow.data.store import check_mapped
from workflow.endings import Ending
from workflow.evaluating.files import save_lost
from workflow.evaluating.record import baseline_name, evaluation_lost, write_lost


def embedding(given: argparse.Namespace, ending: Ending) -> None:
    """Write arrays without rows. UserError, and none, where it died of the images that it had mapped into memory."""
    check_mapped(given.dataset)
    ending = while_doing("embedding", ending)
    save_lost(given.cell, ending)
    say(f"{given.cell}: {ending.outcome} ({ending.reason})")


def scoring(given: argparse.Namespace, ending: Ending) -> None:
    """Write an evaluation without scores."""
    ending = while_doing("scoring", ending)
    say(evaluation_lost(given.cell, given.split, given.distractors, ending, given.sets.sets_in_full))


def baseline(given: argparse.Namespace, ending: Ending) -> None:
    """Write an evaluation without scores. UserError, and none, where it died of the images."""
    check_mapped(given.dataset)
    split = load_split(given.split)
    cell = baseline_name(given.kind, given.profile, json.loads(given.backbone)["name"], split)
    write_lost(given.out, cell, ending, split, given.distractors, given.sets.sets_in_full)
    say(f"baseline {given.kind}: {ending.outcome} ({ending.reason})")


def while_doing(work: str, ending: Ending) -> Ending:
    """An ending of other work than training, in a record of a training cell."""
    return Ending(ending.outcome, f"while {work}, {ending.reason}")
