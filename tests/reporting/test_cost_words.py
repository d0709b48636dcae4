"""What a report says of how a cost was measured."""

import pytest

from workflow.reporting.cost_words import SHARED, STOPPED, company_words
from workflow.summary.stored import CostRow
from workflow.summary.vocabulary import Ending, Mode


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"exclusive": True}, ""),
        ({"exclusive": False, "stopped": True, "other_load_cores": 0.0}, STOPPED),
        ({"exclusive": False, "other_load_cores": 0.04}, SHARED),
        (
            {"exclusive": True, "other_load_cores": 0.2, "idle_load_cores": 0.12},
            "other programs used 0.2 cores while this was timed, and 0.1 while nothing was: read it with care",
        ),
        (
            {"exclusive": False, "other_load_cores": 0.5},
            SHARED + " (other programs used 0.5 cores while this was timed)",
        ),
    ],
)
def test_what_disturbed_a_timing_is_said(facts, words):
    row = CostRow(label="fc", head="fc", ratio=1, name="fc", outcome=Ending.OK, mode=Mode.HEAD, classes=10, **facts)
    assert company_words(row) == words
