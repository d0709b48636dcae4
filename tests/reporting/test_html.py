import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest

from tests.records import HOSTILE
from tests.reporting.conftest import Made
from workflow.errors import UserError
from workflow.files import read_json, write_json
from workflow.reporting.document import load
from workflow.reporting.figures.every import PLOTS
from workflow.reporting.html import HERE, write_html
from workflow.reporting.material import Material
from workflow.summary.answers import HARD
from workflow.summary.statistics import by_seed
from workflow.summary.summary import Summary

FIGURES = tuple(plot.name for plot in PLOTS)
ORDER = ["answer", "tradeoff", "heads", "claims", "cost", "accuracy", "tail", "curves", "method", "settings"]
ORDER += ["provenance", "gaps", "cite"]


def parse(page: str) -> Element:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


@pytest.fixture(scope="module")
def page(made: Made) -> str:
    return made.html.read_text()


@pytest.fixture(scope="module")
def tree(page: str) -> Element:
    return parse(page)


def text_of(element: Element) -> str:
    return "".join(element.itertext())


def table(tree: Element, name: str) -> list[list[str]]:
    """The cells' own values of a table, without footnotes and spreads."""
    found = next(element for element in tree.iter("table") if element.get("id") == f"table-{name}")
    body = found.find("tbody")
    assert body is not None
    return [[text_of(cell.find(".//span[@class='value']")) for cell in row] for row in body]


def test_sections_come_in_the_agreed_order(tree: Element) -> None:
    assert [element.get("id") for element in tree.iter("section")] == ORDER


def test_nothing_is_fetched_from_anywhere(tree: Element, page: str) -> None:
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            if str(name).rpartition("}")[2] in ("src", "href", "action", "poster", "data", "srcset"):
                assert value.startswith(("#", "data:text/csv")), value
    assert not list(tree.iter("link")) and not re.search(r"@import|@font-face|url\((?!#)", page)


def test_identifiers_are_unique_and_references_resolve(tree: Element) -> None:
    found = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(found) == len(set(found))
    used = {value[1:] for element in tree.iter() for name, value in element.attrib.items() if "href" in str(name)}
    assert {name for name in used if not name.startswith("ata:")} <= set(found)


def test_every_planned_cell_appears(tree: Element, summary: Summary) -> None:
    assert [row[0] for row in table(tree, "main")] == list(summary.heads["name"])
    assert [row[:2] for row in table(tree, "runs")] == [[run.name, str(run.seed)] for run in summary.stored.runs]
    costs = [[cost.name, cost.mode] for cost in summary.stored.costs]
    assert [row[:2] for row in table(tree, "costs")] == costs


def test_main_table_prints_the_summary(tree: Element, summary: Summary) -> None:
    for cells, row in zip(table(tree, "main"), summary.heads.itertuples(), strict=True):
        assert cells[1] == f"{row.done} of {row.planned}"
        assert cells[2] == f"{100 * by_seed(summary, row.name, HARD).mean():.1f}"
        assert cells[8] == f"{100 * by_seed(summary, row.name, 'closed/rank1/few').mean():.1f}"


def test_what_was_not_measured_is_never_zero_or_blank(tree: Element) -> None:
    scores = {row[0]: row[1:] for row in table(tree, "scores")}
    assert set(scores["Hard TAR at FAR 0.0001"]) == {"not measured"}
    assert scores["ID by centres"][3] == "not measured"
    for name in (str(element.get("id")).removeprefix("table-") for element in tree.iter("table")):
        seed = 1 if name == "runs" else None
        for row in table(tree, name):
            values = [value.strip() for place, value in enumerate(row) if place != seed]
            assert not {"", "0", "0.0", "0 B", "nan", "None", "null"} & set(values), (name, row)
    lost = next(row for row in table(tree, "costs") if row[3] == "out of memory")
    assert lost[4:] == ["not measured", "not measured", "not measured", "977 MiB"]
    assert "Energy (J/image): not measured for any row" in text_of(tree)


def test_failures_show_their_reasons(tree: Element) -> None:
    words = text_of(tree)
    assert "seed 1 diverged: loss is NaN at step 210" in words
    assert "4.9 GiB wanted, 3.1 GiB free" in words


def test_labels_cannot_inject_markup(tree: Element, page: str) -> None:
    assert HOSTILE in text_of(tree)
    assert "mine<b>" not in page and not list(tree.iter("b")) and not list(tree.iter("i"))
    assert len(list(tree.iter("script"))) == 2


def test_the_summary_rides_along_whole(tree: Element, made: Made) -> None:
    island = next(element for element in tree.iter("script") if element.get("id") == "summary")
    assert json.loads(text_of(island)) == read_json(made.summary)


def test_every_figure_is_inline_with_its_data(made: Made, tree: Element) -> None:
    links = {element.get("download"): element.get("href") for element in tree.iter("a") if element.get("download")}
    assert set(links) == {f"{name}.csv" for name in FIGURES}
    for name, address in links.items():
        assert base64.b64decode(str(address).partition("base64,")[2]) == (made.figures / str(name)).read_bytes()
    assert len([element for element in tree.iter() if str(element.tag).endswith("svg")]) == len(FIGURES)
    captions = [text_of(element) for element in tree.iter("figcaption")]
    assert all("Not shown:" in caption for caption in captions)


def test_figures_take_the_pages_colours(page: str) -> None:
    assert "currentColor" in page and "var(--grid)" in page and "#2b303b" not in page


def test_script_is_short() -> None:
    assert len((HERE / "report.js").read_text().splitlines()) <= 100


def test_an_undrawn_figure_is_explained(made: Made, material: Material, tmp_path: Path) -> None:
    lost = replace(material.figures["parts"], drawn=False, reason="no end-to-end cost cell recorded its parts")
    changed = replace(material, figures={**material.figures, "parts": lost})
    write_html(changed, made.figures, tmp_path / "r.html")
    words = text_of(parse((tmp_path / "r.html").read_text()))
    assert "Where a training step goes is not drawn: no end-to-end cost cell recorded its parts." in words
    assert "figure: Where a training step goes" in words


def test_published_results_stand_apart(made: Made, tmp_path: Path) -> None:
    own = read_json(made.summary)
    other = {**own, "dataset_hash": "another", "runs": own["runs"][:4]}
    write_json(tmp_path / "published/big-gpu/summary.json", other)
    write_json(tmp_path / "published/small-cpu/heads-bench-0123456.json", {"benchmarks": []})
    write_html(load(made.summary, made.figures, tmp_path / "published"), made.figures, tmp_path / "r.html")
    tree = parse((tmp_path / "r.html").read_text())
    assert len(table(tree, "main")) == 6 and len(table(tree, "published-big-gpu")) == 2
    assert "another protocol, data set or split" in text_of(tree)
    assert [element.get("id") for element in tree.iter("section")] == [*ORDER[:8], "published", *ORDER[8:]]


def test_summaries_of_the_first_version_that_were_published_still_render(made: Made, tmp_path: Path) -> None:
    published = Path(__file__).parents[2] / "results" / "published"
    if not list(published.glob("*/summary.json")):
        pytest.skip("nothing is published in this checkout")
    write_html(load(made.summary, made.figures, published), made.figures, tmp_path / "r.html")
    tree = parse((tmp_path / "r.html").read_text())
    assert table(tree, "published-cpu-xeon-2-cores")[0][:2] == ["fc", "2 of 2"]


def test_what_is_no_summary_or_a_lost_figure_is_refused(made: Made, material: Material, tmp_path: Path) -> None:
    write_json(tmp_path / "summary.json", {"schema": "something else"})
    with pytest.raises(UserError, match="is not a summary"):
        load(tmp_path / "summary.json", made.figures)
    with pytest.raises(UserError, match="is no index of figures"):
        load(made.summary, tmp_path)
    with pytest.raises(UserError, match=r"pareto\.svg does not exist"):
        write_html(material, tmp_path, tmp_path / "r.html")
