"""The table of errors in docs/ is what the records give, and published cells are predicted."""

from pathlib import Path

import pytest

from workflow.planner import memory
from workflow.planner.asking import Question
from workflow.planner.known import names
from workflow.planner.plan import plan
from workflow.planner.table import COUNTED, PAGE, activations_line, counted, meter, page, sources
from workflow.planner.words import WIDTH, text

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def published():
    return sources(ROOT)


def test_the_page_is_what_the_records_give(published):
    """Its activations aside, but for the first backbone: the others take longer to count."""
    shown = (ROOT / PAGE).read_text(encoding="utf-8")
    without = page(published, [])
    assert shown.startswith(without.rstrip("\n")), (
        "run `python -m workflow.planner.table` and commit docs/planner-errors.md"
    )
    assert f"| {' | '.join(activations_line(*counted(*COUNTED[0])))} |" in shown
    assert all(name in shown for name, *_ in COUNTED)


def test_published_peaks_are_predicted_within_five_percent_or_what_their_meter_can_tell(published):
    assert published
    for source in published:
        for missed in memory.missed(source.cells):
            assert missed.close, f"{source.name}: {missed} (a {meter(source.cells)})"


def test_with_what_was_fitted_on_them_published_peaks_are_met_within_five_percent(published):
    """As the command states them: a measured size of a measured row."""
    for source in published:
        for cell in source.cells:
            if cell.peak:
                stated = cell.declared + memory.beyond(source.cells, cell.row.name, cell.row.classes)
                assert stated == pytest.approx(cell.peak, rel=memory.CLOSE)


@pytest.mark.parametrize("name", names(ROOT))
def test_every_published_machine_can_be_asked(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = plan(Question(classes=1_000_000, dim=128, batch=256, machine=name, heads=("fc", "dcq"), ratios=(0.1,)))
    assert len(found.lines) >= 2 and all(len(line) <= WIDTH for line in text(found).splitlines())
