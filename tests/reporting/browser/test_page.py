"""What the page is to everyone: quiet, reachable by keyboard, accessible, whole in print and without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.reporting.browser.conftest import Open


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_violation(opened: Open, scheme: str, width: int) -> None:
    page = opened(width=width, scheme=scheme)
    page.evaluate("document.querySelectorAll('section details').forEach((part) => (part.open = true))")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_is_wider_than_the_window(opened: Open, width: int) -> None:
    page = opened(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.locator("figure svg:visible")
    assert shown.count() >= 5
    for box in (shown.nth(place).bounding_box() for place in range(shown.count())):
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width


def test_tab_reaches_a_mark_enter_isolates_its_row_and_escape_shows_all(opened: Open) -> None:
    page = opened()
    assert page.locator("#figure-pareto svg:visible a[tabindex='0']").count() == 1
    page.locator("#figure-explorer [data-figure]").last.focus()
    for _ in range(200):
        page.keyboard.press("Tab")
        row = page.evaluate(
            "document.activeElement.closest('#figure-pareto')"
            " && document.activeElement.querySelector?.('.mark')?.dataset.row"
        )
        if row:
            break
    assert row
    assert row in page.locator("#card").inner_text() and page.locator("#card a").count() >= 2
    page.keyboard.press("ArrowRight")
    following = page.evaluate("document.activeElement.querySelector('.mark').dataset.row")
    assert following != row
    page.keyboard.press("Enter")
    assert page.evaluate("document.body.classList.contains('isolating')")
    assert set(page.locator("svg .alone").evaluate_all("all => all.map((one) => one.dataset.row)")) == {following}
    assert page.locator("[data-isolate][aria-pressed='true']").inner_text().strip().endswith(following)
    page.keyboard.press("Escape")
    assert not page.evaluate("document.body.classList.contains('isolating')")


def test_hovering_a_mark_tells_head_ratio_seeds_value_and_record(opened: Open) -> None:
    page = opened()
    page.locator("#figure-pareto .wide .mark[data-row='dcq r 0.1']").hover()
    card = page.locator("#card")
    words = card.inner_text()
    for part in ("dcq r 0.1", "head dcq, ratio 0.1, seeds 0, 1", "% hard pairs", "images/s"):
        assert part in words, words
    assert card.locator("a[href$='evaluation.json']").count() == 2


def test_a_number_leads_to_its_records(opened: Open) -> None:
    page = opened()
    page.locator("#table-main td.number .value a").nth(1).click()
    assert page.locator("#records").evaluate("details => details.open")
    assert page.locator("tr.sought a[href$='.json']").count() == 2


def test_print_shows_the_tables_and_no_tools(opened: Open) -> None:
    page = opened(scheme="dark")
    page.emulate_media(media="print")
    assert page.locator(".tools:visible, .bar:visible, .chooser:visible").count() == 0
    assert page.locator("#table-answer:visible, #table-main:visible, #table-explorer:visible").count() == 3
    assert page.locator("figure .wide svg:visible").count() >= 5
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_without_scripts_everything_that_stands_is_static(opened: Open) -> None:
    page = opened(scripts=False)
    assert page.locator(".js:visible").count() == 0
    assert page.locator("#table-answer:visible, #table-explorer:visible").count() == 2
    assert page.locator("figure svg:visible").count() >= 5
