"""`python -m workflow.planner.table`: docs/planner-errors.md, how far the planner is from all that is published.

Made from the records, never by hand; a test holds the file to what this would write.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from workflow.cells.config import Backbone
from workflow.cells.paths import PUBLISHED
from workflow.errors import command_line
from workflow.planner import bench, memory, times
from workflow.planner.counted import CHECK, Counted, count
from workflow.planner.known import TENSORS, Cell, known, names
from workflow.planner.memory import Missed, growths
from workflow.planner.quantities import short, size_words

PAGE = Path("docs/planner-errors.md")
COUNTED = (("small", 1, 32, "fp32"), ("mobilefacenet", 3, 112, "fp32"), ("iresnet18", 3, 112, "bf16"))
"""backbones, the channels and side of their images, and precisions"""
INTRODUCTION = f"""# How far the planner is from what was measured

Made by `python -m workflow.planner.table` from all records in `{PUBLISHED}` with today's code; `python -m heads cost`
prints the same of the machine it is asked about. Every measured cell is predicted from the others: its memory from what
its head declares and what the other cells hold beyond that, its time from the other sizes of its row or, where none
are left, from how fast its head does what it declares.

## Memory of heads alone
"""
GROWTH = f"""
*Growth* is the peak of a process beyond what it held before, *tensors* is torch's own account, *allocator* that of a
GPU. A process also holds what its allocator keeps of memory that was freed, and that differs by megabytes between runs
of the same code. No prediction of a growth can be within 5 % of a cell that is much smaller than 300 MB, so the last
column counts growths within 5 % or {size_words(memory.KEPT)}; tensors and allocators must be within 5 %. The records
of `cpu-xeon-2-cores` declare no temporaries: they are of code that worked on chunks of 2,048 classes and laid out every
chunk anew.
"""


class Source(NamedTuple):
    """Published cells that are predicted from each other."""

    name: str
    cells: Sequence[Cell]
    times: Sequence[Missed]


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(sources(), [counted(*one) for one in COUNTED]), encoding="utf-8")
    print(f"{PAGE} is up to date", flush=True)


def sources(root: Path = Path()) -> list[Source]:
    """Everything that is published: machines and their profiles, then runs of the benchmark."""
    folder = root / PUBLISHED
    published = [name for name in names(root) if (folder / name).is_dir()]
    machines = [known(name, root) for name in published]
    found = [Source(each.name, each.cells, times.missed(each)) for each in machines]
    runs = sorted(folder.glob(bench.PATTERN))
    return found + [
        Source(run.relative_to(folder).with_suffix("").as_posix(), list(bench.cells(run)), ()) for run in runs
    ]


def counted(name: str, channels: int, size: int, precision: str) -> tuple[str, Counted]:
    """A backbone in words, and what was counted of it."""
    return f"{name}, {size} pixels, {precision}", count(Backbone(name=name, dim=512), channels, size, precision)


def page(found: Sequence[Source], backbones: Sequence[tuple[str, Counted]]) -> str:
    """The whole page."""
    heads = ("records", "meter", "cells", "within", "half within", "worst", "close")
    memory_lines = [line for source in found if (line := memory_line(source))]
    time_lines = [time_line(source) for source in found if source.times]
    counts = [activations_line(*one) for one in backbones]
    return "\n".join(
        [
            INTRODUCTION,
            *table(heads, memory_lines),
            GROWTH,
            "## Times of heads alone\n",
            *table(heads[:1] + heads[2:6], time_lines),
            "\n## Activations of backbones\n",
            *table(("backbone", "of one image", f"counted of {CHECK} images", "predicted", "error"), counts),
            "",
        ]
    )


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a table in Markdown."""
    for cells in (head, ["---"] * len(head), *lines):
        yield f"| {' | '.join(cells)} |"


def memory_line(source: Source) -> list[str]:
    """What is known of the memory of a source; none where nothing was measured."""
    found = memory.missed(source.cells)
    if not found:
        return []
    close = f"{sum(one.close for one in found)} of {len(found)}"
    return [f"`{source.name}`", meter(source.cells), *spread(found, size_words), close]


def meter(cells: Sequence[Cell]) -> str:
    """What was measured of the cells, in a word each."""
    words = {"growth" if growths(cell) else "tensors" if cell.meter == TENSORS else "allocator" for cell in cells}
    return ", ".join(sorted(words))


def time_line(source: Source) -> list[str]:
    """What is known of the times of a source."""
    return [f"`{source.name}`", *spread(source.times, lambda ms: f"{short(ms)} ms")]


def spread(found: Sequence[Missed], show: Callable[[float], str]) -> list[str]:
    """How many cells, how far off, and the worst."""
    off = memory.spread(found)
    return [str(len(found)), f"{off.most:.1%}", f"{off.half:.1%}", off.where(show)]


def activations_line(name: str, found: Counted) -> list[str]:
    """What was counted of a backbone."""
    predicted = found.saved.at(CHECK)
    each = size_words(found.saved.each)
    return [name, each, f"{found.checked:,} bytes", f"{predicted:,} bytes", f"{abs(found.error):.2%}"]


if __name__ == "__main__":
    command_line(main)
