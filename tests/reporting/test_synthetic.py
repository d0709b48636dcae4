"""The table of whole steps at classes that no data set has."""

import pytest

from tests.summary.made_up import timing
from tests.summary.steps import DCQ, FC, measured, summary_with
from workflow.cells.cost_records import Memory
from workflow.reporting.blocks import Table
from workflow.reporting.claim_words import measured as measured_words
from workflow.reporting.material import Material
from workflow.reporting.pages import cost, scale
from workflow.reporting.pages.synthetic import synthetic_table
from workflow.summary.claims import judge
from workflow.summary.gaps import LostCost, gaps
from workflow.summary.stored import CostRow
from workflow.summary.vocabulary import Ending, Mode

PREDICTED = "predicted, not tried: it declares to need 40 GiB, and 20 GiB of host memory are free"


def synthetic(head: str, ratio: float, ms: float, **more: object) -> CostRow:
    """A whole step at ten million classes of dimension 512."""
    more = {"classes": 10**7, "dim": 512, "batch": 256, "mode": Mode.SYNTHETIC, **more}
    return timing(head, ratio, ms).model_copy(update=more)


def material() -> Material:
    lost = {"outcome": Ending.MEMORY, "reason": PREDICTED, "memory": Memory(declared_state_bytes=38 << 30)}
    fc = CostRow.model_validate(
        {"mode": "synthetic", "label": "fc", "head": "fc", "ratio": 1.0, "name": "fc", "classes": 10**7, "dim": 512}
        | {"batch": 256, **lost}
    )
    return Material(summary_with([*measured((FC, DCQ)), fc, synthetic("dcq", 0.1, 4000.0, peak_bytes=3 << 30)]))


def test_what_ran_stands_beside_the_composed_step_and_what_did_not_says_why() -> None:
    found = synthetic_table(material())
    assert found is not None
    (fc, dcq), notes = found.rows, dict(found.notes)
    assert [cell.text for cell in fc[:4]] == ["fc", "10\u202f000\u202f000", "512", "out of memory"]
    assert "predicted, not tried" in notes[fc[3].note] and fc[7].text == "38 GiB"
    assert fc[4].text == fc[6].text == "not measured"
    assert dcq[3].sort == 4000 and dcq[4].sort == pytest.approx(64) and dcq[6].text == "3 GiB"
    assert dcq[5].tone == "modelled" and dcq[5].text.startswith("≈ ") and " to " in dcq[5].sub


def test_it_stands_in_the_section_on_more_classes_and_in_the_table_of_costs() -> None:
    page, costs = scale.page(material()), cost.page(material())
    assert page is not None and page.blocks[-1] == synthetic_table(material())
    (table,) = (block for block in costs.blocks if isinstance(block, Table))
    assert [row[1].sub for row in table.rows[-2:]] == ["D = 512"] * 2
    assert {row[1].sub for row in table.rows[:-2]} == {""}
    assert synthetic_table(Material(summary_with(measured((FC, DCQ))))) is None


def test_nothing_composed_rests_on_it() -> None:
    with_it, without = material(), Material(summary_with(measured((FC, DCQ))))
    assert [block for block in scale.page(with_it).blocks[:-1]] == list(scale.page(without).blocks)  # type: ignore[union-attr]


def test_the_claim_tells_what_did_not_fit_and_the_gaps_list_it() -> None:
    summary = material().summary
    assert [gap.name for gap in gaps(summary) if isinstance(gap, LostCost)] == ["fc"]
    claim = next(each for each in judge(summary) if each.claim.id == "pfc-scale")
    assert "needs a row partial_fc, and measure {synthetic_classes" in measured_words(claim)
