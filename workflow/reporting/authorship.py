"""Who wrote a record, in words: commit, changes, processor, BLAS, lock file and time."""

from workflow.cells.records import Record
from workflow.reporting.words import NOT_RECORDED
from workflow.summary.stored import Row

SHORT = 12
"""characters of a hash that are shown"""
TERMS = ("Commit", "Changes", "Processor", "BLAS", "Lock file", "Written")


def authorship(written: Row | Record) -> tuple[str, ...]:
    """What a record says of each of TERMS."""
    commit, changed = (written.commit or "").removesuffix("+changes"), written.diff_hash
    dirty = bool(written.commit and written.commit.endswith("+changes"))
    off = ", ".join(f"{package} {own}" for package, own in written.off_lock.items())
    blas = "; ".join(f"{package}: {words}" for package, words in written.blas.items())
    return (
        short(commit) if commit else without_commit(written),
        short(changed) if dirty else "none" if written.commit else NOT_RECORDED,
        (written.machine and written.machine.processor) or NOT_RECORDED,
        blas or NOT_RECORDED,
        short(written.lock_hash) + (f", but {off}" if off else ""),
        written.finish or written.start or NOT_RECORDED,
    )


def without_commit(written: Row | Record) -> str:
    """Why a record names no commit."""
    return f"{NOT_RECORDED}: {written.no_commit}" if written.no_commit else NOT_RECORDED


def short(digest: str | None) -> str:
    """The first digits of a hash."""
    return digest[:SHORT] if digest else NOT_RECORDED
