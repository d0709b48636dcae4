"""What the list of records says of each."""

import pytest

from workflow.cells.records import Record
from workflow.reporting.authorship import TERMS, authorship


@pytest.mark.parametrize(
    ("commit", "no_commit", "shown", "changes"),
    [
        ("0123456789abcdef", None, "0123456789ab", "none"),
        ("0123456789abcdef+changes", None, "0123456789ab", "fedcba987654"),
        (None, "git is not there", "not recorded: git is not there", "not recorded"),
        (None, None, "not recorded", "not recorded"),
    ],
)
def test_a_commit_or_why_there_is_none(commit, no_commit, shown, changes):
    record = Record(start="2026-01-01", commit=commit, no_commit=no_commit, diff_hash="fedcba9876543210")
    told = dict(zip(TERMS, authorship(record), strict=True))
    assert (told["Commit"], told["Changes"]) == (shown, changes)
