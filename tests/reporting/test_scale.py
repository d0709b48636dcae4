"""The section on more classes: what was measured reads otherwise than what follows from it."""

import pytest

from tests.summary.steps import DCQ, FC, PARTIAL, alone, measured, summary_with
from workflow.reporting.blocks import Table
from workflow.reporting.figures import composed as figure
from workflow.reporting.figures.every import drawn_rows
from workflow.reporting.material import Material
from workflow.reporting.pages import scale
from workflow.reporting.palette import styles
from workflow.reporting.words import count, rounded, spaced
from workflow.summary.vocabulary import Ending


def tables(costs) -> dict[str, Table]:
    made = scale.page(Material(summary_with(costs)))
    assert made is not None
    return {block.name: block for block in made.blocks if isinstance(block, Table)}


def test_measured_and_extrapolated_sizes_are_told_apart() -> None:
    rows = {row[0].text: row for row in tables(measured((FC, PARTIAL, DCQ), spread=0.01))["composed"].rows}
    assert [cell.tone for cell in rows["fc"][1:]] == ["", "", "", "modelled"] * 2
    assert rows["fc"][4].text.startswith("≈ ") and " to " in rows["fc"][4].sub
    assert rows["fc"][1].sort == pytest.approx(256_000 / (FC.rest + FC.ms(10_000)))
    assert "B" in rows["fc"][8].text


def test_break_evens_are_numbers_or_words() -> None:
    rows = {row[0].text: row for row in tables(measured((FC, PARTIAL, DCQ)))["break-even"].rows}
    assert (
        rows["partial_fc r 0.1"][1].text == "below all sizes" and rows["partial_fc r 0.1"][2].text == "never within 10⁸"
    )
    assert rows["dcq r 0.1"][1].text == count(rounded(float(rows["dcq r 0.1"][1].sort or 0)))
    assert rows["dcq r 0.1"][1].sort is not None and " to " in rows["dcq r 0.1"][1].sub


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ("6,000 pairs, fewer than 10", "6\u202f000 pairs, fewer than 10"),
        ("1,234,567", "1\u202f234\u202f567"),
        ("1,2345 and 0,5", "1,2345 and 0,5"),
    ],
)
def test_numbers_in_words_of_records_are_printed_as_all_others(words: str, printed: str) -> None:
    assert spaced(words) == printed


def test_what_did_not_fit_and_what_was_disturbed_say_so() -> None:
    lost = alone(FC, 10_000_000).model_copy(update={"outcome": Ending.MEMORY})
    costs = [cost.model_copy(update={"exclusive": cost.name != "dcq r 0.1"}) for cost in measured((FC, PARTIAL, DCQ))]
    found = tables([*costs, lost])
    rows, notes = {row[0].text: row for row in found["composed"].rows}, dict(found["composed"].notes)
    assert "did not fit" in notes[rows["fc"][8].note] and "disturbed" in notes[rows["dcq r 0.1"][1].note]
    assert {row[0].text: row[1].text for row in found["break-even"].rows}["dcq r 0.1"] == "not decided"
    assert scale.page(Material(summary_with([]))) is None


def test_the_figure_shows_plain_references_too() -> None:
    plain = FC._replace(head="plain_fc")
    summary = summary_with([*measured((FC, DCQ)), *(alone(plain, size) for size in (10_000, 100_000))])
    drawn = figure.draw(summary, styles(drawn_rows(summary)))
    assert not isinstance(drawn, str) and set(drawn[1]["row"]) == {"fc", "dcq r 0.1", "plain_fc"}
    assert isinstance(figure.draw(summary_with([]), {}), str)
