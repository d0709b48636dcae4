"""The rows of what no head trained, from the records found in a profile's folder."""

from pathlib import Path

from workflow.cells.choices import BASELINES
from workflow.cells.paths import baselines
from workflow.cells.records import EvaluationRecord, Record, SplitRecord
from workflow.summary.stored import BaselineRow, Written


def baseline_rows(profile: Path, split: SplitRecord | None) -> list[BaselineRow]:
    """Those scored on `split`, in the order of the config's choices; of two of a kind, by older settings, the newer."""
    if split is None:
        return []
    found: dict[str, BaselineRow] = {}
    for path in sorted(profile.glob(baselines(split.dataset)), key=lambda path: path.stat().st_mtime):
        record = EvaluationRecord.read(path)
        if record.split_hash == split.hash:
            kind, scores = record.cell.head, {"validation": record.validation, "test": record.test}
            reason = None if record.outcome == "ok" else f"{record.outcome}: {record.reason}"
            written = Written(**record.model_dump(include=set(Record.model_fields)), record=path.as_posix())
            found[kind] = BaselineRow(
                kind=kind, reason=reason, scores=scores, se=record.se, record=path.as_posix(), evaluation=written
            )
    return [found[kind] for kind in BASELINES if kind in found]
