"""Whatever a name, a reason or a machine is called, a report shows it as text."""

import json
from pathlib import Path

import html5lib
import pypdfium2
import pytest

from tests.reporting.conftest import Made
from workflow.reporting.document import load
from workflow.reporting.html import write_html
from workflow.reporting.pdf import write_pdf

EVIL = "</script><script>evil()</script><img src=x onerror=evil()>&amp;{{7*7}}#panic[*x*]_y_$z$`c`@r<l>\\"
FREE = ("reason", "processor", "command", "system", "commit", "no_commit", "summary")
"""fields that hold whatever text their source gave"""


def spoilt(value: object, key: str = "") -> object:
    """`value` with hostile text in every free field and in the name of a row."""
    if isinstance(value, dict):
        return {renamed(name): spoilt(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [spoilt(one, key) for one in value]
    if isinstance(value, str):
        return EVIL if key in FREE else renamed(value)
    return value


def renamed(text: str) -> str:
    return f"{EVIL}{text}" if text.startswith("dcq") else text


@pytest.fixture(scope="module")
def hostile(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report, as HTML and PDF, of a summary that is full of hostile text."""
    folder = tmp_path_factory.mktemp("hostile")
    summary = folder / "summary.json"
    summary.write_text(json.dumps(spoilt(json.loads(made.summary.read_text()))))
    material = load(summary, made.figures)
    write_html(material, made.figures, folder / "r.html")
    write_pdf(material, made.figures, folder / "r.pdf")
    return folder


def elements(page: Path) -> dict[str, int]:
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page.read_text(encoding="utf-8"))
    names = [element.tag for element in tree.iter() if isinstance(element.tag, str)]
    return {name: names.count(name) for name in ("script", "img", "l", "style", "iframe")}


def test_a_page_gains_no_element_from_text(made: Made, hostile: Path) -> None:
    assert elements(hostile / "r.html") == elements(made.html)
    assert "evil" in (hostile / "r.html").read_text(encoding="utf-8")


def test_typst_typesets_text_as_it_stands(hostile: Path) -> None:
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(hostile / "r.pdf")]
    words = "".join("".join(pages).replace("\u200b", "").split())
    assert "#panic[*x*]_y_$z$`c`@r<l>" in words and "{{7*7}}" in words
