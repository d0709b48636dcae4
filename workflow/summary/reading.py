"""Read a summary.json of this version or the one before."""

from pathlib import Path

from pydantic import ValidationError

from workflow.errors import UserError
from workflow.summary.published import filled
from workflow.summary.stored import SummaryRecord
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise


def read_summary(path: Path) -> Summary:
    """The summary at `path`; UserError if it is missing or none. Of a published one, what it leaves to the records
    beside it is read from there; verdicts that an older one stores are passed over."""
    try:
        stored = SummaryRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: run `python -m workflow.summary` first") from error
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UserError(
            f"{path} is not a summary ({place}: {error.errors()[0]['msg']}): run `python -m workflow.summary` again"
        ) from error
    if stored.published:
        stored = filled(stored, path.parent)
    marked = next((row.name for row in stored.rows if row.reference), None)
    return summarise(stored.model_copy(update={"reference": stored.reference or marked, "rows": []}))
