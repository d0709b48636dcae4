"""Every number of every table leads to the records that it comes from, and to those of its own machine only."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import records
from workflow.reporting.blocks import Cell, Explorer, Table
from workflow.reporting.document import Document, document, load
from workflow.reporting.listed import Entries, EntryGroup, Joint
from workflow.reporting.material import Material
from workflow.summary.collect import collect
from workflow.summary.planned import found_tuned
from workflow.summary.publish import publish
from workflow.summary.writing import write

TABLES = {"main", "explorer", "costs", "composed", "break-even", "scores", "score-details", "tail-differences"}
TABLES |= {"budgets", "tuned", "published-there/default", "machines-there/default", "differences", "runs"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """A report of all that there can be: other budgets, tuned rows, baselines, and the same run published elsewhere."""
    root = tmp_path_factory.mktemp("whole")
    profile = records.build(root)
    cells, costs = records.write_fair(profile), records.planned(profile)[1]
    manifest = records.manifest_of(root)
    write(
        collect(profile, cells, costs, manifest_file=manifest, tuned_files=found_tuned(profile)),
        profile / "summary.json",
    )
    publish(profile, root / "published", "there")
    (profile / "figures").mkdir()
    (profile / "figures" / "figures.json").write_text("{}", encoding="utf-8")
    return load(profile / "summary.json", profile / "figures", root / "published")


@pytest.fixture(scope="module")
def report(whole: Material) -> Document:
    return document(whole)


def tables(report: Document) -> Iterator[Table]:
    """All tables, the chooser's too."""
    for block in (block for section in report.sections for block in section.blocks):
        if isinstance(block, Explorer | Table):
            yield block.table if isinstance(block, Explorer) else block


def numbers(table: Table) -> Iterator[Cell]:
    """Its cells that hold a number."""
    for row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            if column.numeric and any(sign.isdigit() for sign in cell.text):
                yield cell


def test_every_number_of_every_table_leads_to_a_record(whole: Material, report: Document) -> None:
    places = whole.entries.anchors
    found = {table.name: list(numbers(table)) for table in tables(report)}
    assert {name for name, cells in found.items() if cells} >= TABLES
    lost = [(name, cell.text) for name, cells in found.items() for cell in cells if cell.records not in places]
    assert not lost
    settings = [
        cell for table in tables(report) if table.name in ("own", "given") for row in table.rows for cell in row[1:]
    ]
    assert all(cell.records in places for cell in settings if any(sign.isdigit() for sign in cell.text))


def test_every_place_holds_records_that_are_there(whole: Material) -> None:
    for group in whole.entries.groups:
        assert group.entries, group.title
        assert all(Path(entry.path).is_file() for entry in group.entries), group.title
        assert all(len(entry.author) in (0, len(whole.entries.terms)) for entry in group.entries)
    assert len(whole.entries.anchors) == sum(1 + len(group.entries) for group in whole.entries.groups) + len(
        whole.entries.joints
    )


def at(entries: Entries, place: str) -> EntryGroup | Joint:
    return next(each for each in (*entries.groups, *entries.joints) if each.anchor == place)


def cell_of(report: Document, name: str, row: str, title: str, unit: str = "") -> Cell:
    """One cell of a table by its row's name and its column."""
    table = next(each for each in tables(report) if each.name == name)
    place = next(n for n, column in enumerate(table.columns) if column.title == title and unit in column.unit)
    return next(line[place] for line in table.rows if line[0].text == row)


def costs_of(name: str) -> list[str]:
    """The groups that a composed step comes from."""
    return [f"Cost of {name}, {words}" for words in ("end-to-end", "head alone")]


@pytest.mark.parametrize(
    ("table", "column", "titles"),
    [
        ("main", "Difference", ["Scores of dcq r 0.1", "Scores of fc"]),
        ("explorer", "Step", costs_of("dcq r 0.1")),
        ("composed", "10k classes", costs_of("dcq r 0.1")),
        ("break-even", "Faster", costs_of("dcq r 0.1") + costs_of("fc")),
    ],
)
def test_what_is_put_together_leads_to_all_of_its_sources(
    whole: Material, report: Document, table: str, column: str, titles: list[str]
) -> None:
    found = at(whole.entries, cell_of(report, table, "dcq r 0.1", column).records)
    assert isinstance(found, Joint) and sorted(part.title for part in found.parts) == sorted(titles)


@pytest.mark.parametrize(
    ("table", "column", "title"),
    [
        ("budgets", "Equal images", "Scores of dcq r 0.1 at equal images"),
        ("budgets", "Equal seconds", "Scores of dcq r 0.1 at equal seconds"),
        ("budgets", "Equal steps", "Scores of dcq r 0.1"),
        ("tuned", "Tuned", "Scores of dcq r 0.1 with settings of its own"),
        ("tuned", "Scale", "The chosen setting of dcq r 0.1"),
        ("tuned", "Trial", "Trials of dcq r 0.1"),
        ("published-there/default", "Hard pairs", "there/default: Scores of dcq r 0.1"),
    ],
)
def test_numbers_on_other_terms_lead_to_records_of_their_own(
    whole: Material, report: Document, table: str, column: str, title: str
) -> None:
    found = at(whole.entries, cell_of(report, table, "dcq r 0.1", column).records)
    assert isinstance(found, EntryGroup) and found.title == title and found.entries


def test_a_published_number_leads_to_what_was_published(whole: Material, report: Document) -> None:
    place = cell_of(report, "published-there/default", "fc", "Memory").records
    [entry] = [entry for group in whole.entries.groups for entry in group.entries if entry.anchor == place]
    assert "/published/there/default/cost/end-to-end/fc/" in entry.path


def test_a_summary_published_without_its_records_is_their_only_record(tmp_path: Path, whole: Material) -> None:
    machine = Path(__file__).parents[2] / "results" / "published" / "cpu-xeon-2-cores"
    path = shutil.copytree(machine, tmp_path / "published" / machine.name) / "summary.json"
    (tmp_path / "figures.json").write_text("{}", encoding="utf-8")
    own = load(path, tmp_path, tmp_path / "published")
    assert {entry.path for group in own.entries.groups for entry in group.entries if entry.path} == {path.as_posix()}
    assert not [
        cell for table in tables(document(own)) for cell in numbers(table) if cell.records not in own.entries.anchors
    ]
