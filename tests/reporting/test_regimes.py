"""Rows at equal images and seconds, and with settings of their own, as the report shows them."""

from tests.summary.made_up import HARD, runs_of, summary_of
from workflow.cells.config import Backbone
from workflow.cells.records import Declared, Normalised, Parameters, Record
from workflow.cells.train_section import Train
from workflow.cells.tuning_records import ChosenRecord, Tried
from workflow.reporting.blocks import Table, Text
from workflow.reporting.material import Material
from workflow.reporting.pages import curves, tuned
from workflow.reporting.pages.given import settings_table
from workflow.summary.stored import RunRow
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise
from workflow.summary.vocabulary import Ending

SHARED = [
    ("fc", 1.0, {HARD: [0.90, 0.91]}),
    ("partial_fc", 0.1, {HARD: [0.88, 0.89]}),
    ("dcq", 0.1, {HARD: [0.9, 0.92]}),
]
RECORD = Record(start="2026-01-01T00:00:00+00:00").model_dump()


def again(role: str, label: str, values: list[float], steps: int, **facts: object) -> list[RunRow]:
    """Runs of a row in a role."""
    changed = {"role": role, "steps": steps, **facts}
    ratio = 1.0 if label == "fc" else 0.1
    return [run.model_copy(update=changed) for run in runs_of(label, ratio, {HARD: values})]


def with_others(*others: RunRow, chosen: list[ChosenRecord] | None = None) -> Summary:
    stored = summary_of(SHARED).stored
    momentum = {"dcq": 0.999}
    runs = [
        run.model_copy(update={"declared": Declared(batches="x", momentum=momentum.get(run.label)), "steps": 600})
        for run in stored.runs
    ]
    return summarise(stored.model_copy(update={"runs": runs, "others": list(others), "tuned": chosen or []}))


def columns_of(block: object) -> dict[str, dict[str, str]]:
    assert isinstance(block, Table)
    titles = [column.title for column in block.columns]
    return {row[0].text: dict(zip(titles, (cell.text for cell in row), strict=True)) for row in block.rows}


def test_without_such_cells_the_page_says_what_adds_them() -> None:
    block = curves.page(Material(with_others())).blocks[-1]
    assert isinstance(block, Text) and "budget: {images: true, seconds: true}" in block.text
    [block] = tuned.page(Material(with_others())).blocks
    assert isinstance(block, Text) and "No row was tuned" in block.text


def test_rows_stand_at_equal_steps_images_and_seconds() -> None:
    disturbed = again("seconds", "partial_fc", [0.5, 0.5], 0, outcome=Ending.FAILED, reason="timed beside others")
    summary = with_others(
        *again("images", "dcq", [0.80, 0.82], 300), *again("seconds", "dcq", [0.85, 0.87], 400), *disturbed
    )
    block = curves.page(Material(summary)).blocks[-1]
    found = columns_of(block)
    assert found["fc"] == {"Head": "fc", "Equal steps": "90.5", "Equal images": "90.5", "Equal seconds": "90.5"}
    own = found["dcq r 0.1"]
    assert (own["Equal steps"], own["Equal images"], own["Equal seconds"]) == ("91.0", "81.0", "86.0")
    assert found["partial_fc r 0.1"]["Equal images"] == "88.5", "without a twin equal steps are equal images"
    assert found["partial_fc r 0.1"]["Equal seconds"] == "not measured"
    assert isinstance(block, Table) and any("timed beside others" in note for note in block.notes)
    assert "300 steps" in block.rows[2][2].sub


def test_shared_and_tuned_results_stand_side_by_side() -> None:
    tried = [
        Tried(
            number=number,
            setting={"scale": scale, "lr": 0.2},
            outcomes=("ok",),
            validation=({"a": score},),
            score=score,
        )
        for number, (scale, score) in enumerate([(20.0, 0.7), (40.0, 0.8)])
    ]
    record = ChosenRecord(
        **RECORD, label="dcq", head="dcq", ratio=0.1, steps=60, seeds=(0,), trials=tried, chosen=tried[1].setting
    )
    summary = with_others(*again("tuned", "dcq", [0.95, 0.97], 600), chosen=[record])
    words, block = tuned.page(Material(summary)).blocks
    assert "tried 2 settings" in words.text and "60 steps" in words.text
    found = columns_of(block)
    assert list(found) == ["dcq r 0.1"]
    own = found["dcq r 0.1"]
    assert (own["Shared"], own["Tuned"], own["Scale"], own["Margin"], own["Trial"]) == (
        "91.0",
        "96.0",
        "40",
        "–",
        "80.0",
    )


def test_the_method_says_what_each_head_was_given_and_by_whom() -> None:
    summary = with_others()
    parameters = Parameters(
        options={"m": 0.3, "scale": 16}, train=Train(), backbone=Backbone(), origins={"scale": "row"}
    )
    facts = {"images_drawn": {"many": 60, "medium": 20, "few": 20}, "parameters": parameters}
    facts |= {"normalised": Normalised(query=128, twin=256)}
    runs = [run.model_copy(update=facts if run.label == "dcq" else {}) for run in summary.stored.runs]
    found = settings_table(Material(summarise(summary.stored.model_copy(update={"runs": runs}))))
    own = next(row for row in found.rows if row[0].text == "dcq r 0.1")
    shown = [(cell.text, cell.sub) for cell in own[1:6]]
    assert shown == [
        ("20.0", ""),
        ("128 / 256", ""),
        ("0.3", "shared"),
        ("16", "its row of the config"),
        ("0.1", "shared"),
    ]
