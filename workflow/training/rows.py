"""`python -m workflow.training.rows`: what is wrong with rows that only their heads and their split know, told before
the first cell is trained: options that a head's constructor refuses, and batches that the split cannot fill."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from pydantic import BaseModel, TypeAdapter, ValidationError

import heads
from workflow.cells.batch_spec import BatchSpec
from workflow.cells.choices import KINDS
from workflow.cells.head_row import Options
from workflow.cells.options_spec import OptionsSpec
from workflow.console import say
from workflow.data.fits import check_fit
from workflow.data.split_file import load_split
from workflow.errors import UserError, command_line
from workflow.files import write_text

if TYPE_CHECKING:
    from heads.kit import Head

MOST_BYTES = 2**30
"""of class vectors and their momentum, of a head that is made for a trial; a larger one is left to its cells"""
Asked = TypeVar("Asked", bound=BaseModel)


def main() -> None:
    """Check, and write what the split trains on; what does not go together is a sentence, with exit status 2."""
    given = parser().parse_args()
    split, batches = load_split(given.split), parsed(BatchSpec, given.batches)
    wrong: dict[str, None] = {}
    for row in parsed(OptionsSpec, given.options):
        try:
            batches += own_batches(row, split.label_counts)
        except UserError as error:
            wrong[str(error)] = None
    if wrong:
        raise UserError("; ".join(wrong))
    told = check_fit(split, batches)
    write_text(given.out, told + "\n")
    say(told)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m workflow.training.rows", description=__doc__)
    top.add_argument("--split", type=Path, required=True, help="the .npz that `python -m workflow.data split` wrote")
    top.add_argument("--batches", required=True, help="JSON list: label, kind, batch, first_stage each")
    top.add_argument("--options", required=True, help="JSON list of the rows whose heads are to be tried")
    top.add_argument("--out", type=Path, required=True, help="a text file, written where nothing is wrong")
    return top


def parsed(kind: type[Asked], text: str) -> list[Asked]:
    """The specifications in the JSON `text`."""
    try:
        return [kind.model_validate(one) for one in TypeAdapter(list[dict[str, object]]).validate_json(text)]
    except ValidationError as error:
        raise UserError(f"{kind.__name__} cannot be read ({error.errors()[0]['msg']})") from error


def own_batches(row: OptionsSpec, counts: np.ndarray) -> Iterator[BatchSpec]:
    """The batches of a row that only its head knows, which has `counts` (C,) training images of each class.

    UserError where the head refuses an option of the row, or its batches another size. A head that cannot be made for
    other reasons is its cells' result.
    """
    try:
        head = made(row, row.options, counts)
    except heads.Refused as error:
        if blamed := blame(row, counts):
            raise UserError(f"{' and '.join(blamed)}: {error}") from error
        return
    kind = head.batches if head is not None and row.kind_unknown else None
    if kind not in KINDS:
        return
    if need := KINDS[kind].need(row.batch, row.processes):
        raise UserError(f"'train.batch' is {row.batch}, but the batches of {row.label} need {need}")
    yield BatchSpec(label=row.label, kind=kind, batch=row.batch, first_stage=row.first_stage)


def made(row: OptionsSpec, options: Options, counts: np.ndarray) -> "Head | None":
    """The row's head with these options, which it may refuse; None where it is too large to be tried, or breaks."""
    import torch  # with a row to try alone

    if 8 * len(counts) * row.dim > MOST_BYTES:
        return None
    try:
        return heads.make(
            row.head,
            len(counts),
            row.dim,
            options=options,
            ratio=row.ratio,
            momentum=row.momentum,
            class_counts=torch.from_numpy(counts),
            label=row.label,
        )
    except heads.Refused:
        raise
    except Exception:
        return None


def blame(row: OptionsSpec, counts: np.ndarray) -> list[str]:
    """The keys of the row's own options without any of which its head can be made, and their values; without all of
    them, if it takes that; none if it cannot be made at all."""

    def can_do_without(*names: str) -> bool:
        left = {name: value for name, value in row.options.items() if name not in names}
        try:
            made(row, left, counts)
        except heads.Refused:
            return False
        return True

    found = [name for name in row.own if can_do_without(name)] or (row.own if can_do_without(*row.own) else [])
    return [f"'{row.key}.{name}' is {json.dumps(row.options[name], ensure_ascii=False)}" for name in found]


if __name__ == "__main__":
    command_line(main)
