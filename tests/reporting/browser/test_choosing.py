"""The chooser, tables and the address: numbers equal to Python's, and a view that can be sent."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument
from pypdfium2.raw import FPDF_PAGEOBJ_PATH

from tests.reporting.browser.conftest import Open
from tests.reporting.conftest import Made
from workflow.cells.cost_records import Sends
from workflow.files import read_json
from workflow.reporting.words import number, size
from workflow.summary.composed import coefficients
from workflow.summary.step_model import Setting
from workflow.summary.summary import Summary

MODEL = Path(__file__).parents[3] / "workflow/reporting/script/model.js"
SETTINGS = (
    Setting(5_000, 256, 128),
    Setting(10_000, 256, 128),
    Setting(37_000, 256, 128),
    Setting(500, 64, 64),
    Setting(2_000_000, 1024, 512, 8),
    Setting(100_000_000, 256, 128, 3),
)


def address(setting: Setting, more: str = "") -> str:
    """The address of a view."""
    chosen = f"classes={setting.classes}&batch={setting.batch}&dim={setting.dim}&processes={setting.processes}"
    return f"#tradeoff?{chosen}{more}"


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_pages_numbers_are_pythons(opened: Open, summary: Summary, setting: Setting) -> None:
    page = opened(address(setting))
    cells = {
        row[0]: row[1:]
        for row in page.locator("#table-explorer tbody tr").evaluate_all(
            "rows => rows.map((row) => [row.cells[0].querySelector('.value').textContent, ...[...row.cells].slice(2, 5)"
            ".map((cell) => [cell.dataset.sort, cell.querySelector('.value').textContent])])"
        )
    }
    rows = coefficients(summary).rows
    assert [row.name for row in rows] == list(cells)
    for row in rows:
        step, (rate, ms, held) = row.at(setting), cells[row.name]
        if step.ms is None:
            assert ms[1] == rate[1] == "not known"
        else:
            assert float(ms[0]) == pytest.approx(step.ms.value, rel=1e-12) and ms[1] == number(step.ms.value)
            assert float(rate[0]) == pytest.approx(1000 * setting.batch / step.ms.value, rel=1e-12)
        if step.bytes is None:
            assert held[1] == "not known"
        else:
            assert float(held[0]) == pytest.approx(step.bytes.value, rel=1e-12) and held[1] == size(step.bytes.value)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_of_a_shared_step_the_page_says_what_python_says(opened: Open, summary: Summary, setting: Setting) -> None:
    """Both on the page and, with coefficients of what is sent, which the page's records lack, in its script."""
    sends = {"gathered": [24, 8, 8, 4, 0.04], "reduced": [840_000, 4]}
    found = coefficients(summary)
    rows = [row.model_copy(update={"sends": Sends.model_validate(sends)}) for row in found.rows]
    page = opened(address(setting))
    asked = "return rows.map((row) => composed(row, setting)).map(({ each, sent }) => [each, sent]);"
    told = page.evaluate(
        f"([rows, setting]) => {{ {MODEL.read_text()} {asked} }}",
        [[row.model_dump(mode="json") for row in rows], setting._asdict()],
    )
    for row, (each, sent) in zip(rows, told, strict=True):
        step = row.at(setting)
        assert sent == pytest.approx(step.sent, rel=1e-12)
        assert (each is None) == (step.each_ms is None)
        if each:
            assert tuple(each.values()) == pytest.approx(step.each_ms, rel=1e-12)
    words = page.locator("#table-explorer tbody").inner_text()
    assert (f"each of {setting.processes} processes computes" in words) == (setting.processes > 1)


def test_limits_refuse_rows_in_words_and_in_the_plot(opened: Open, summary: Summary) -> None:
    page = opened(address(Setting(1_000_000, 256, 128), "&memory=1&speed=100"))
    refused = set(page.locator("#table-explorer tr.refused").evaluate_all("rows => rows.map((row) => row.dataset.row)"))
    steps = {row.name: row.at(Setting(1_000_000, 256, 128)) for row in coefficients(summary).rows}
    assert refused == {
        name
        for name, step in steps.items()
        if (step.bytes and step.bytes.value > 2**30) or (step.ms and 256_000 / step.ms.value < 100)
    }
    assert refused and page.locator("#plot .refused").count() <= len(refused)
    assert re.search("Within your limits|No head is within", page.locator("#unknown").inner_text())


def test_what_is_not_known_of_the_readers_case_is_said(opened: Open) -> None:
    words = opened(address(Setting(2_000_000, 1024, 512, 8), "&memory=80")).locator("#unknown").inner_text()
    for part in ("not at 2\u202f000\u202f000", "times the most that a head was timed at", "what a GPU would take"):
        assert part in words
    assert "a step shared by 8 processes was not measured" in words and "have one image" in words


def test_choosing_changes_the_address_and_the_address_restores_the_view(opened: Open) -> None:
    first = opened()
    first.locator("#choose-classes").fill("123456")
    first.locator("#choose-processes").fill("4")
    first.locator("#choose-score").select_option(index=1)
    first.locator("[data-isolate='dcq r 0.1']").click()
    first.locator("#table-main thead button").nth(2).click()
    first.locator("[data-filter='table-main']").fill("fc")
    menu = first.locator(".menu:has([data-columns='table-main'])")
    menu.locator("summary").click()
    menu.locator("input").first.uncheck()
    state = (
        "() => [document.getElementById('table-explorer').innerText, document.getElementById('table-answer').innerText,"
        " document.getElementById('table-main').innerText, document.getElementById('plot').textContent,"
        " [...document.querySelectorAll('.alone')].map((one) => one.dataset.row).join()]"
    )
    address_now = first.evaluate("location.hash")
    assert "classes=123456" in address_now and "alone=dcq" in address_now
    again = opened(address_now)
    assert again.evaluate(state) == first.evaluate(state)
    first.locator(".chooser button[type=reset]").click()
    assert "classes" not in first.evaluate("location.hash")
    assert first.locator("#choose-classes").input_value() == "5000"


def test_copies_are_raw_numbers_markdown_and_latex(opened: Open, made: Made) -> None:
    page = opened()

    def copied(kind: str) -> str:
        page.locator(".menu:has([data-of='table-main']) summary").last.click()
        page.locator(f"[data-copy='{kind}'][data-of='table-main']").click()
        page.wait_for_function("document.getElementById('said').textContent === 'Copied.'")
        page.wait_for_timeout(100)
        return str(page.evaluate("navigator.clipboard.readText()"))

    table = list(csv.DictReader(io.StringIO(copied("csv"))))
    scores = [run for run in read_json(made.summary)["runs"] if run["name"] == "fc"]
    mean = sum(run["scores"]["test"]["verification_hard/accuracy"] for run in scores) / len(scores)
    assert float(table[0]["Hard pairs (%)"]) == pytest.approx(100 * mean, rel=1e-12)
    assert float(table[0]["Memory (bytes)"]) > 2**20
    markdown = copied("markdown").splitlines()
    assert markdown[0].startswith("| Head | ") and set(markdown[1]) == set("| -:") and len(markdown) == 2 + len(table)
    latex = copied("latex")
    assert latex.startswith("\\begin{tabular}{l") and "partial\\_fc r 0.1" in latex and "\\bottomrule" in latex
    assert 'mine<b>\\&"[1]' in latex
    page.evaluate("document.querySelector('#table-main tbody tr').cells[0].textContent = '=1+1'")
    assert next(csv.reader(copied("csv").splitlines()[1:]))[0] == "'=1+1", "no formula to a spreadsheet"


def test_another_summary_stands_beside_this_one(opened: Open, made: Made) -> None:
    page, other = opened(), read_json(made.summary)
    for run in other["runs"]:
        for name, value in run["scores"].get("test", {}).items():
            run["scores"]["test"][name] = None if value is None else value - 0.01
    other["split_hash"] = "another"
    page.locator("#open-other").set_input_files(
        {"name": "theirs.json", "mimeType": "application/json", "buffer": json.dumps(other).encode()}
    )
    page.locator("#compared").wait_for(state="visible")
    assert "split hash" in page.locator("#compared-words").inner_text()
    gaps = page.locator("#table-compared tbody tr").evaluate_all(
        "rows => rows.map((row) => Number(row.cells[4].dataset.sort))"
    )
    assert len(gaps) >= 12 and all(gap == pytest.approx(-1.0, abs=1e-9) for gap in gaps)
    page.locator("#open-other").set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": b"{}"})
    page.locator("#compared").wait_for(state="hidden")
    assert "no summary of Headroom" in page.locator("#compared-words").inner_text()


def test_the_readers_own_plot_is_saved_as_a_pdf(opened: Open, summary: Summary) -> None:
    page = opened(address(Setting(2_000_000, 1024, 512, 8)))
    with page.expect_download() as caught:
        page.locator("#figure-explorer [data-figure='pdf']").click()
    assert caught.value.suggested_filename == "explorer.pdf"
    [paper] = PdfDocument(caught.value.path())
    _, _, *sides = str(page.locator("#plot svg").get_attribute("viewBox")).split()
    assert paper.get_size() == pytest.approx([0.75 * float(side) for side in sides], abs=0.01)
    words = paper.get_textpage().get_text_bounded()
    shown = page.locator("#plot text").all_text_contents()
    assert len(shown) > 10 and all(text.replace("\u202f", " ") in words for text in shown)
    assert set(summary.heads["name"]) <= set(shown)
    kinds = [each.type for each in paper.get_objects()]
    assert kinds.count(FPDF_PAGEOBJ_PATH) >= page.locator("#plot :is(line, circle, polygon, path)").count()


def test_figures_are_saved_as_svg_and_png(opened: Open) -> None:
    page = opened()
    for figure in ("figure-pareto", "figure-explorer"):
        for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
            with page.expect_download() as caught:
                page.locator(f"#{figure} [data-figure='{kind}']").click()
            with open(caught.value.path(), "rb") as stream:
                assert stream.read(4) == start
