import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
import yaml

from tests.records import HOSTILE
from tests.reporting.conftest import CONFIG, Made
from workflow.errors import UserError
from workflow.files import read_json, write_json
from workflow.reporting.document import load
from workflow.reporting.figures.every import PLOTS
from workflow.reporting.html import HERE, SCRIPTS, drawing_of, write_html
from workflow.reporting.material import Material
from workflow.summary.answers import HARD
from workflow.summary.samples import by_seed
from workflow.summary.summary import Summary

FIGURES = tuple(plot.name for plot in PLOTS)
ORDER = ["answer", "tradeoff", "heads", "claims", "cost", "scale", "accuracy", "tail", "curves"]
ORDER += ["tuned", "method", "settings", "provenance", "gaps", "cite", "compare"]


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


def addresses(tree: Element) -> list[tuple[str, str]]:
    """Every address in the page, with its attribute."""
    found = [
        (str(name).rpartition("}")[2], value)
        for element in tree.iter()
        if isinstance(element.tag, str)
        for name, value in element.attrib.items()
    ]
    return [each for each in found if each[0] in ("src", "href", "action", "poster", "data", "srcset")]


def test_nothing_is_fetched_from_anywhere(tree: Element, page: str, made: Made) -> None:
    for name, value in addresses(tree):
        if not value.startswith(("#", "data:text/csv", "data:application/pdf")):
            assert name == "href" and (made.html.parent / value).is_file(), value
    assert not list(tree.iter("link")) and not re.search(r"@import|@font-face|url\((?!#)", page)


def test_identifiers_are_unique_and_references_resolve(tree: Element) -> None:
    found = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(found) == len(set(found))
    assert {value[1:] for _, value in addresses(tree) if value.startswith("#")} <= set(found)
    named = [value for element in tree.iter() for name, value in element.attrib.items() if name == "aria-labelledby"]
    assert len(named) == len(set(named)) and set(named) <= set(found)


def test_every_number_of_a_measured_table_links_to_its_records(tree: Element, made: Made) -> None:
    places = {element.get("id"): element for element in tree.iter() if element.get("id")}
    for name in ("main", "explorer", "scores", "costs", "composed", "tail-differences"):
        cells = [cell for cell in places[f"table-{name}"].iter("td") if "number" in str(cell.get("class"))]
        known = [cell for cell in cells if not {"missing", "quiet"} & set(str(cell.get("class")).split())]
        linked = [link for cell in known if (link := cell.find(".//a")) is not None]
        assert len(known) - len(linked) == 0, (name, len(known), len(linked))
        for link in linked:
            found = [str(entry.get("href")) for entry in places[str(link.get("href"))[1:]].iter("a")]
            files = [address for address in found if not address.startswith("#")]
            assert files and all((made.html.parent / str(file)).is_file() for file in files)


def test_words_hold_no_signs_of_code_and_no_two_regions_have_one_name(tree: Element) -> None:
    main = next(tree.iter("main"))
    assert "`" not in text_of(main) and "instance halves" in [text_of(element) for element in main.iter("code")]
    captions = [text_of(element) for element in tree.iter("caption")]
    assert len(captions) == len(set(captions))


def test_every_record_says_who_wrote_it(tree: Element) -> None:
    records = next(element for element in tree.iter("table") if element.get("id") == "table-records")
    heads = [text_of(cell) for cell in records.find("thead").iter("th")]  # type: ignore[union-attr]
    assert heads == ["Record", "Commit", "Changes", "Processor", "BLAS", "Lock file", "Written"]
    rows = [[text_of(cell) for cell in row] for row in records.iter("tr")]
    assert ["seed 0", "0123456789ab", "none", "Made-up CPU"] in [row[:4] for row in rows]


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
    assert "Hard TAR at FAR 0.0001" not in scores
    assert "Not listed: Hard TAR at FAR 0.0001 needs 100\u202f000 impostor pairs" in text_of(tree)
    assert scores["ID by centres"][3] == "not measured"
    names = {str(element.get("id")).removeprefix("table-") for element in tree.iter("table")}
    names -= {"records", "settings", "answer"}  # a setting may be 0
    for name in names:
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
    assert len(list(tree.iter("script"))) == 3


def test_the_summary_rides_along_whole(tree: Element, made: Made) -> None:
    island = next(element for element in tree.iter("script") if element.get("id") == "summary")
    assert json.loads(text_of(island)) == read_json(made.summary)


def test_every_figure_is_inline_with_its_data(made: Made, tree: Element) -> None:
    links = {element.get("download"): element.get("href") for element in tree.iter("a") if element.get("download")}
    assert set(links) == {f"{name}.{form}" for name in FIGURES for form in ("csv", "pdf")}
    for name, address in links.items():
        assert base64.b64decode(str(address).partition("base64,")[2]) == (made.figures / str(name)).read_bytes()
    assert len([element for element in tree.iter() if str(element.tag).endswith("svg")]) == 2 * len(FIGURES)
    captions = [text_of(element) for element in tree.iter("figcaption")]
    assert len([caption for caption in captions if "Not shown:" in caption]) == len(FIGURES)


def test_figures_take_the_pages_colours(page: str) -> None:
    assert "currentColor" in page and "var(--grid)" in page and "#2b303b" not in page


def test_files_of_the_script_are_short() -> None:
    files = {path.stem for path in HERE.glob("script/*.js")}
    assert files == set(SCRIPTS)
    assert all(len(path.read_text().splitlines()) <= 250 for path in HERE.glob("script/*.js"))


def test_figures_hold_text_and_say_what_their_marks_are(tree: Element, summary: Summary) -> None:
    for name in FIGURES:
        figure = next(element for element in tree.iter("figure") if element.get("id") == f"figure-{name}")
        for drawing in figure.iter("svg"):
            assert drawing.find("title") is not None and drawing.find("desc") is not None
            assert len(list(drawing.iter("text"))) > 4, "text is text"
            marks = [link for link in drawing.iter("a") if "record" in str(link.get("href"))]
            rows = {str(mark.get("data-row")) for link in marks for mark in link.iter("g") if mark.get("data-row")}
            assert rows and rows <= set(summary.heads["name"]), name
            assert all(str(link.get("aria-label")).startswith(tuple(rows)) for link in marks)


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
    assert len(table(tree, "main")) == 6 and len(table(tree, "published-big-gpu")) == 4
    assert "another protocol, data set or split" in text_of(tree)
    assert [element.get("id") for element in tree.iter("section")] == [*ORDER[:10], "published", *ORDER[10:]]


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


def test_the_config_and_the_command_stand_there_to_be_copied(tree: Element) -> None:
    places = {element.get("id"): element for element in tree.iter("pre")}
    assert yaml.safe_load(text_of(places["listing-config"])) == CONFIG
    assert text_of(places["listing-command"]).startswith("snakemake --cores all --configfile")
    copies = {element.get("data-of") for element in tree.iter("button") if element.get("data-copy") == "text"}
    assert copies == set(places)


@pytest.mark.parametrize("content", [b"", b"<svg", b"\x80\xff", b"{}"])
def test_a_damaged_drawing_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pareto.svg").write_bytes(content)
    with pytest.raises(UserError, match=r"pareto\.svg is no drawing \(.*\): delete it and draw the figures again$"):
        drawing_of(tmp_path / "pareto.svg", ())
