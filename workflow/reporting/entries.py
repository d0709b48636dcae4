"""The list of records: every one that a number comes from, with commit, changes, processor, BLAS and lock file."""

from collections.abc import Iterable, Iterator

from workflow.cells.paths import EVALUATION
from workflow.cells.records import Record
from workflow.reporting.anchors import anchor
from workflow.reporting.listed import Entries, Entry, EntryGroup
from workflow.reporting.words import NOT_RECORDED, classes_words
from workflow.summary.stored import CostRow, Row, RunRow
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Mode

SHORT = 12
"""characters of a hash that are shown"""


def entries(summary: Summary) -> Entries:
    """The records of a summary: scores by row, training by row, costs by row and mode, the split, the machine."""
    runs, costs = summary.stored.runs, summary.stored.costs
    names = list(dict.fromkeys(run.name for run in runs))
    found = [group(("evaluation", name), f"Scores of {name}", evaluations(runs, name)) for name in names]
    found += [group(("run", name), f"Training of {name}", trainings(runs, name)) for name in names]
    for name, mode in dict.fromkeys((cost.name, cost.mode) for cost in costs):
        title = f"Cost of {name}, {'head alone' if mode == Mode.HEAD else mode}"
        found.append(group(("cost", name, str(mode)), title, measurements(costs, name, mode)))
    found += [
        group(("split",), "The split", split(summary)),
        group(("machine",), "The machine's rates", rates(summary)),
    ]
    return Entries(tuple(each for each in found if each.entries))


def group(names: tuple[str, ...], title: str, found: Iterable[Entry]) -> EntryGroup:
    """Records that one number comes from."""
    return EntryGroup(anchor(*names), title, tuple(found))


def evaluations(runs: Iterable[RunRow], name: str) -> Iterator[Entry]:
    """The evaluations of a row, a seed each; older summaries know of them by their runs alone."""
    for run in runs:
        written = run.evaluation
        if run.name == name and (run.scores or written):
            path = (written.record if written else None) or beside(run.record, EVALUATION)
            place = anchor("evaluation", name, f"seed {run.seed}")
            yield Entry(place, f"seed {run.seed}", path, facts(written) if written else facts(run))


def trainings(runs: Iterable[RunRow], name: str) -> Iterator[Entry]:
    """The training records of a row, a seed each."""
    for run in runs:
        if run.name == name and run.record:
            yield Entry(anchor("run", name, f"seed {run.seed}"), seed_words(run), run.record, facts(run))


def measurements(costs: Iterable[CostRow], name: str, mode: Mode) -> Iterator[Entry]:
    """The cost records of a row in one mode, a number of classes each."""
    for cost in costs:
        if (cost.name, cost.mode) == (name, mode) and cost.record:
            place, lost = (
                anchor("cost", name, str(mode), cost.classes),
                "" if cost.outcome == Ending.OK else cost.outcome,
            )
            what = ", ".join(part for part in (classes_words(cost.classes), lost) if part)
            yield Entry(place, what, cost.record, facts(cost))


def split(summary: Summary) -> Iterator[Entry]:
    """Which images were trained on and which asked for."""
    known = summary.facts.split
    if known.record or known.hash:
        own = (("Split", short(known.hash)), ("Data", short(summary.facts.dataset_hash)))
        made = facts(known.made) if known.made else ()
        yield Entry(anchor("split", "record"), "split.json", known.record or "", (*own, *made))


def rates(summary: Summary) -> Iterator[Entry]:
    """How fast the machine is, from which the floors follow."""
    machine = summary.facts.machine
    if machine:
        yield Entry(anchor("machine", "record"), "machine.json", "", facts(machine))


def seed_words(run: RunRow) -> str:
    """`seed 0`, with how it ended if not well."""
    return f"seed {run.seed}" if run.outcome == Ending.OK else f"seed {run.seed}, {run.outcome}"


def beside(path: str | None, name: str) -> str:
    """The path of another record in the same folder."""
    return f"{path.rpartition('/')[0]}/{name}" if path else ""


def facts(written: Row | Record) -> tuple[tuple[str, str], ...]:
    """Commit, hash of changes, processor, BLAS, lock file and time of a record."""
    commit, changed = (written.commit or "").removesuffix("+changes"), written.diff_hash
    dirty = bool(written.commit and written.commit.endswith("+changes"))
    off = ", ".join(f"{package} {own}" for package, own in written.off_lock.items())
    blas = "; ".join(f"{package}: {words}" for package, words in written.blas.items())
    return (
        ("Commit", short(commit) if commit else without_commit(written)),
        ("Changes", short(changed) if dirty else "none" if written.commit else NOT_RECORDED),
        ("Processor", (written.machine and written.machine.processor) or NOT_RECORDED),
        ("BLAS", blas or NOT_RECORDED),
        ("Lock file", short(written.lock_hash) + (f", but {off}" if off else "")),
        ("Written", written.finish or written.start or NOT_RECORDED),
    )


def without_commit(written: Row | Record) -> str:
    """Why a record names no commit."""
    return f"{NOT_RECORDED}: {written.no_commit}" if written.no_commit else NOT_RECORDED


def short(digest: str | None) -> str:
    """The first digits of a hash."""
    return digest[:SHORT] if digest else NOT_RECORDED
