"""A plan as text: two tables no wider than a terminal, what would make a row fit, and how far the numbers are off."""

from collections.abc import Callable, Sequence
from textwrap import fill
from typing import NamedTuple

import heads
from heads.kit import kept_classes, kind_of
from workflow.planner import errors
from workflow.planner.limits import MOST_CLASSES, Change
from workflow.planner.plan import Line, Plan
from workflow.planner.quantities import classes_words, short, size_words
from workflow.summary.growth import Range

NOTHING, NOT_MEASURED = "–", "not measured"
WIDTH = 120
PARTS = {
    "weights": "weights",
    "momentum": "momentum",
    "pool": "pool",
    "index": "index",
    "logits": "logits",
    "backbone": "backbone",
    "activations": "activat.",
    "twin": "twin",
    "libraries": "librar.",
    "other": "other",
    "total": "total",
    "host": "in host",
}
"""the parts of memory, and the heads of their columns"""
CHANGES: dict[str, Callable[[float | str], str]] = {
    "batch": lambda value: f"batch {value:,}",
    "ratio": lambda value: f"ratio {value:g}",
    "gpus": lambda value: f"{value:,} GPUs",
    "dim": lambda value: f"dimension {value:,}",
}


class Column(NamedTuple):
    """A column of text; `left` is where its cells lean."""

    head: str
    cells: list[str]
    left: bool = False

    @property
    def width(self) -> int:
        return max(map(len, (self.head, *self.cells)))


def text(plan: Plan) -> str:
    """The whole answer."""
    blocks = [
        title(plan),
        "Memory of each process at its peak\n" + rendered(memory_columns(plan)),
        "What it takes\n" + rendered(cost_columns(plan)),
        mends(plan),
        "\n".join(fill(note, WIDTH, subsequent_indent="  ") for note in notes(plan)),
        "\n".join(errors.lines(plan)),
    ]
    return "\n\n".join(block for block in blocks if block)


def title(plan: Plan) -> str:
    """What was asked, in one line, and on whose records the answer rests."""
    asked, device = plan.question, "process" if plan.case.device == "cpu" else "GPU"
    many = f"{asked.gpus} {device}{'' if asked.gpus == 1 else 'es' if device == 'process' else 's'}"
    room = f" of {asked.gpu_memory / 2**30:.3g} GiB" if asked.gpu_memory else ""
    net = f"; {asked.backbone.name} at {asked.size} pixels in {asked.precision}" if asked.backbone else ""
    machine = f"; records of {plan.known.name} ({plan.known.device})" if plan.known else ""
    return f"{asked.classes:,} classes, dimension {asked.dim}, batch {asked.batch:,}; {many}{room}{net}{machine}"


def memory_columns(plan: Plan) -> list[Column]:
    """A column a part that any row has."""
    found = [line.held for line in plan.lines]
    columns, heads = [names(plan)], PARTS if plan.counted else PARTS | {"backbone": "the rest"}
    for part, head in heads.items():
        sizes = [0 if each is None else int(getattr(each, part)) for each in found]
        if any(sizes) or part == "total":
            columns.append(
                Column(head, [size_words(size) if each else NOTHING for size, each in zip(sizes, found, strict=True)])
            )
    return columns


def cost_columns(plan: Plan) -> list[Column]:
    """Whether it fits and up to which number of classes, time and traffic."""
    lines, several = plan.lines, plan.case.gpus > 1
    columns = [names(plan)]
    if plan.question.gpu_memory is not None:
        columns.append(
            Column("fits", [NOTHING if line.fits is None else "yes" if line.fits else "no" for line in lines])
        )
        columns.append(Column("largest C", [most(line) for line in lines]))
    if plan.known is not None:
        columns.append(Column("head ms", [time(line.timed.head, NOTHING) for line in lines]))
    columns.append(Column("step ms", [time(line.timed.step, NOT_MEASURED) for line in lines]))
    if plan.known is not None:
        columns.append(Column("images/s", [time(line.images_per_second, NOTHING) for line in lines]))
    if several:
        columns.append(Column("sends", [NOTHING if line.sent is None else size_words(line.sent) for line in lines]))
    if plan.known is not None or any(line.refused for line in lines):
        columns.append(Column("rests on", [line.refused or line.timed.basis for line in lines], left=True))
    return columns


def names(plan: Plan) -> Column:
    """What the rows are called."""
    return Column("head", [line.row.name for line in plan.lines], left=True)


def most(line: Line) -> str:
    """The most classes that fit."""
    if not line.most_classes:
        return NOTHING if line.most_classes is None else "none"
    return f"> {MOST_CLASSES:.0e}" if line.most_classes >= MOST_CLASSES else classes_words(line.most_classes)


def time(found: Range | None, otherwise: str) -> str:
    """A number without its interval, which JSON has."""
    return short(found.value) if found else otherwise


def rendered(columns: Sequence[Column]) -> str:
    """The columns side by side, cut off where a terminal ends."""
    rows = zip(*([column.head, *column.cells] for column in columns), strict=True)
    sides = [(column.width, "<" if column.left else ">") for column in columns]
    lines = ("  ".join(f"{cell:{side}{width}}" for cell, (width, side) in zip(row, sides, strict=True)) for row in rows)
    return "\n".join(line[:WIDTH].rstrip() for line in lines)


def mends(plan: Plan) -> str:
    """What alone would make each row fit that does not."""
    lost = [line for line in plan.lines if line.fits is False]
    if not lost:
        return ""
    width = max(len(line.row.name) for line in lost)
    return "\n".join(["To fit, one of", *(f"{line.row.name:{width}}  {mend(line.changes)}" for line in lost)])


def mend(changes: Sequence[Change]) -> str:
    """The changes in words."""
    words = [CHANGES[change.setting](change.value) for change in changes]
    return ", or ".join(words) or "nothing alone: change several, or take a GPU with more memory"


def notes(plan: Plan) -> list[str]:
    """What the numbers are and are not."""
    found, question = [], plan.question
    if question.backbone is None:
        rest = any(line.held and line.held.backbone for line in plan.lines)
        own = "The rest is that of the machine's own training step" if rest else "This is the head alone"
        found.append(f"{own}; --backbone counts a backbone's part.")
    if plan.case.gpus > 1:
        found.append("Step: what each process computes; how long they wait for each other was not measured.")
        images = ", but for images, whose size is not known without --backbone" if plan.case.inputs is None else ""
        found.append(f"Sends: bytes of each process in a step, as a ring does it{images}.")
    if any(line.held and line.held.host for line in plan.lines):
        found.append("In host: an index and what it is built from, which lie in the host's memory, for each process.")
    if small := [line.row.name for line in plan.lines if small_pool(line, plan)]:
        found.append(
            f"Pools with fewer slots than a batch may have classes, which a head may refuse: {', '.join(small)}."
        )
    if plan.case.device != "cpu":
        context = plan.known.context if plan.known else None
        beside = "not measured and not in it" if context is None else f"{size_words(context)}, in `fits`"
        found.append(f"What the GPU's driver and libraries take beside: {beside}.")
    return found


def small_pool(line: Line, plan: Plan) -> bool:
    """Whether a head keeps fewer generated class vectors than a view of the batch has rows."""
    if line.held is None or not line.held.pool:
        return False
    rows = kind_of(heads.load(line.row.head).batches).rows(plan.case.batch)
    return kept_classes(line.row.ratio, plan.case.classes) < rows
