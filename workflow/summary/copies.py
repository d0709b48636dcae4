"""The copies of records that a published profile consists of, and the summary that is collected from them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from workflow.cells.paths import EVALUATION, RESAMPLES, RUN, STEPS, splits
from workflow.cells.records import SplitRecord
from workflow.files import write_text
from workflow.summary.collect import collect
from workflow.summary.facts import Placed
from workflow.summary.links import inside, named, relinked
from workflow.summary.published import planned_cost, planned_run
from workflow.summary.replicates import pack, read
from workflow.summary.stored import SummaryRecord
from workflow.summary.together import by_seed

BESIDE = {RUN: (EVALUATION, STEPS), EVALUATION: (RESAMPLES,)}
"""what belongs to a record of this name, and lies beside it"""


def copy_records(summary: SummaryRecord, folders: Sequence[Path], draft: Path) -> None:
    """Copy all that `summary` is collected from, of what lies in `folders`, to the same places in `draft`."""
    for source in belonging(summary, folders):
        relative = inside(source.as_posix(), folders)
        if relative and source.is_file() and not (draft / relative).exists():
            copy(source, draft / relative)


def belonging(summary: SummaryRecord, folders: Sequence[Path]) -> Iterator[Path]:
    """Every record that the summary names, what lies beside it, and the splits of its runs."""
    for path in map(Path, named(summary)):
        yield path
        yield from (path.with_name(name) for name in BESIDE.get(path.name, ()))
    used = {summary.split_hash, *(run.split_hash for run in (*summary.runs, *summary.others))}
    for folder in folders:
        yield from (path for path in sorted(folder.glob(splits("*"))) if SplitRecord.read(path).hash in used)


def copy(source: Path, target: Path) -> None:
    """Copy one file: replicates packed, JSON with lists of numbers in a line, all else as it is."""
    if source.suffix == ".npz":
        pack(read(source), target)
        return
    text = source.read_text(encoding="utf-8")
    write_text(target, tight(text) if source.suffix == ".json" else text)


def tight(text: str) -> str:
    """The same JSON with every list of plain values, and every list of such lists, in one line; no text holds a line's
    end."""
    plain = re.sub(r"\[\n[^\[\]{}]*\]", one_line, text)
    return re.sub(r"\[\n(?:\s*\[[^\[\]{}\n]*\],?\n)+\s*\]", one_line, plain)


def one_line(found: re.Match[str]) -> str:
    """A list in one line."""
    return re.sub(r"\n\s*", " ", re.sub(r"(?<=\[)\n\s*|\n\s*(?=\]$)", "", found[0]))


def collect_copies(summary: SummaryRecord, folders: Sequence[Path], draft: Path) -> SummaryRecord:
    """What `summary` says, collected anew from the copies in `draft`; paths are relative to that folder."""
    own = relinked(summary, lambda path: (draft / (inside(path, folders) or path)).as_posix())
    made = collect(
        draft,
        [planned_run(row) for row in (*by_seed(own.runs), *by_seed(own.others))],
        [planned_cost(row) for row in own.costs],
        reference=own.reference or "",
        split_file=place_of(own.split),
        machine_file=place_of(own.machine),
        tuned_files=[Path(row.record) for row in own.tuned if row.record],
    ).stored
    kept = made.model_copy(update=summary.model_dump(include={"profile", "config"}) | {"dataset": summary.dataset})
    return relinked(kept, lambda path: inside(path, [draft, *folders]) or path)


def place_of(record: Placed | None) -> Path | None:
    """The path of a record, where there is one."""
    return Path(record.record) if record and record.record else None
