"""What is wrong between keys of a config of which each is right alone."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

import heads
from workflow.cells.choices import KINDS
from workflow.cells.data_section import Data
from workflow.cells.head_options import kind_name
from workflow.cells.head_row import HeadRow
from workflow.cells.hints import hint
from workflow.cells.train_section import Train
from workflow.errors import UserError

if TYPE_CHECKING:
    from workflow.cells.config import Config

THREE_MARGINS = "combined"
"""the margin function that takes three numbers"""
ROWS = "{rows}"
MOST_BYTES = 2**63
"""that a number of bytes can be counted to"""


def contradictions(config: "Config") -> list[str]:
    """One sentence for each, naming a key to change; one for all rows to which a shared key does not suit."""
    rows: dict[str, list[str]] = {}
    for place, row in enumerate(config.heads):
        for sentence in _row(config, place, row):
            rows.setdefault(sentence, []).append(row.name)
    return [
        *_no_such_rows(config),
        *_backbone(config),
        *_sizes(config),
        *(sentence.replace(ROWS, ", ".join(names)) for sentence, names in rows.items()),
    ]


def _no_such_rows(config: "Config") -> list[str]:
    """Rows that other sections speak of and that there are not."""
    found, names = [], [row.name for row in config.heads]
    if (config.budget.images or config.budget.seconds) and config.reference is None:
        found.append("'budget' compares with the row fc: add {head: fc} to `heads`, or remove `budget`")
    wanted = config.tune.rows or () if config.tune else ()
    return found + [f"'tune.rows' names '{name}'{hint(name, names)}" for name in wanted if name not in names]


def _backbone(config: "Config") -> Iterator[str]:
    name, train = config.backbone.name, config.train
    if config.backbone.width is not None and name != "small":
        yield f"'backbone.width' is only for the backbone small, not {name}: remove it"
    if train.processes > 1 and ":" in train.device:
        yield f"'train.device' is {train.device}, one GPU for {train.processes} processes: say cuda"


def _sizes(config: "Config") -> Iterator[str]:
    measure, own = config.measure, config.backbone.dim
    for key, dim in (("classes", own), ("synthetic_classes", measure.synthetic_dim or own)):
        for classes in getattr(measure, key):
            if 8 * dim * classes >= MOST_BYTES:  # a vector and its momentum, float32
                yield f"'measure.{key}' holds {classes}, more than can be counted in bytes: lower it"


def _row(config: "Config", place: int, row: HeadRow) -> Iterator[str]:
    """What does not go together in a row and what all share; ROWS stands for the rows of which it is true."""
    try:
        train = Train.parse(config.train.model_dump() | row.train, "train")
        Data.parse(config.data.model_dump(mode="json") | row.data, "data")
    except UserError as error:
        yield f"'heads.{place}': together with what all rows share, {error}"
        return
    yield from _length(config, place, row, train)
    yield from _margin(config, place, row)
    if train.accumulate > 1 and not may(row.head, "accumulates"):
        yield (
            f"'{_key(place, row, 'accumulate')}' is {train.accumulate}, but {ROWS} cannot wait for another backward "
            "pass: set it to 1 and lower the batch instead"
        )
    if kind := kind_name(row.head, row.options):
        yield from _batch(_key(place, row, "batch"), KINDS[kind].need(train.batch, train.processes), train.batch)
    if kind and row.measured:
        yield from _batch("measure.batch", KINDS[kind].need(config.measure.batch), config.measure.batch)


def _length(config: "Config", place: int, row: HeadRow, train: Train) -> Iterator[str]:
    """A length in epochs, where others are told one in steps."""
    if train.epochs is not None and (config.budget.images or config.budget.seconds or config.tune):
        yield (
            f"'{_key(place, row, 'epochs')}' is {train.epochs:g}, but `budget` and `tune` count in steps: say steps, "
            "or leave these out"
        )


def _margin(config: "Config", place: int, row: HeadRow) -> Iterator[str]:
    """A margin that lacks numbers, or has too many; the row's own stand above those that all share."""
    if not {"margin", "m"} <= set(heads.options(row.head)):
        return
    key = f"'heads.{place}.options.margin'" if {"margin", "m"} & set(row.options) else "'loss.margin'"
    margin, m = row.options.get("margin", config.loss.margin), row.options.get("m", config.loss.m)
    three = isinstance(m, list | tuple)
    if margin == THREE_MARGINS and not three:
        yield f"{key} is {margin}, which takes three numbers: write m: [1, 0.3, 0.2], for instance"
    elif margin != THREE_MARGINS and three:
        yield f"{key} is {margin}, which takes one number: write m: 0.3, for instance"


def _batch(key: str, need: str | None, batch: int) -> Iterator[str]:
    if need:
        yield f"'{key}' is {batch}, but the batches of {ROWS} need {need}"


def _key(place: int, row: HeadRow, name: str) -> str:
    """Where a key of `train` stands: in the row, or in the section that all share."""
    return f"heads.{place}.train.{name}" if name in row.train else f"train.{name}"


def may(head: str, attribute: str) -> bool:
    """Whether the head's class says true of `attribute`, or leaves it to each instance."""
    value = heads.attribute(head, attribute)
    return heads.sets_itself(head, attribute) or (isinstance(value, ast.Constant) and value.value is True)
