import re
import shutil
import sys
from pathlib import Path

import pypdfium2
import pytest

from tests.reporting.conftest import Made
from workflow.errors import UserError
from workflow.reporting.blocks import Cell, Column, Notes, table
from workflow.reporting.document import load
from workflow.reporting.pdf import COLUMNS_BESIDE, open_up, split, write_pdf
from workflow.summary.answers import HARD
from workflow.summary.samples import by_seed
from workflow.summary.summary import Summary


@pytest.fixture(scope="module")
def pages(made: Made) -> list[str]:
    """The text of each page, without the invisible places where long words may break."""
    document = pypdfium2.PdfDocument(made.pdf)
    return [page.get_textpage().get_text_range().replace("\u200b", "") for page in document]


def test_pages_carry_text_header_and_number(pages: list[str]) -> None:
    assert len(pages) >= 6
    for number, words in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in words and len(words) > 200
        assert number == 1 or "default · glyphs-s · small" in words


def test_pdf_says_what_the_html_says(pages: list[str], summary: Summary) -> None:
    words = " ".join(" ".join(pages).split())
    for title in ("The answer", "Claims of the papers", "Long tail", "Provenance", "What was not measured"):
        assert title in words
    for name in summary.heads["name"]:
        assert name in words
        assert f"{100 * by_seed(summary, name, HARD).mean():.1f}" in words
    assert "loss is NaN at step 210" in words and "not measured" in words


def test_text_stays_within_the_margins(made: Made) -> None:
    for page in pypdfium2.PdfDocument(made.pdf):
        text, width = page.get_textpage(), page.get_width()
        boxes = [text.get_charbox(index) for index in range(text.count_chars())]
        assert min(box[0] for box in boxes if box[2] > box[0]) > 40
        assert max(box[2] for box in boxes) < width - 40


def test_the_same_summary_gives_the_same_bytes(made: Made, tmp_path: Path) -> None:
    write_pdf(load(made.summary, made.figures), made.figures, tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == made.pdf.read_bytes()


def test_no_typesetter_is_one_clear_sentence(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="needs Typst"):
        write_pdf(load(made.summary, made.figures), made.figures, tmp_path / "r.pdf")
    assert not list(tmp_path.iterdir())


def test_the_program_stands_in_for_the_module(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A stand-in for the program: what counts here is how it is called and that its file is taken over.
    program = tmp_path / "bin" / "typst"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\n[ "$1" = compile ] || exit 9\nfor last; do :; done\necho made by program > "$last"\n'
    )
    program.chmod(0o755)
    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setenv("PATH", str(program.parent))
    write_pdf(load(made.summary, made.figures), made.figures, tmp_path / "r.pdf")
    assert (tmp_path / "r.pdf").read_text() == "made by program\n"


def test_wide_tables_are_split_and_lose_nothing() -> None:
    heads, notes = 2 * COLUMNS_BESIDE + 1, Notes()
    notes.letter("n")
    columns = [Column(f"c{place}") for place in range(heads + 1)]
    row = [Cell(str(place)) for place in range(heads + 1)]
    parts = split(table("scores", "wide", columns, [row], notes))
    assert [len(part.columns) for part in parts] == [6, 6, 6]
    assert [cell for part in parts for cell in part.rows[0][1:]] == row[1:]
    assert [part.notes for part in parts] == [(), (), (("a", "n"),)]


def test_long_words_may_break_without_changing() -> None:
    path = "results/default/glyphs-s/" + "0123456789abcdef" * 4
    opened = open_up(re.fullmatch(r"\S+", path))  # type: ignore[arg-type]
    assert opened.replace("\u200b", "") == path
    assert max(map(len, opened.split("\u200b"))) <= 17


@pytest.mark.parametrize("content", [b"", b"<svg and no more", bytes(range(256))])
def test_a_damaged_figure_is_one_clear_sentence(made: Made, tmp_path: Path, content: bytes) -> None:
    figures = shutil.copytree(made.figures, tmp_path / "figures")
    (figures / "pareto.svg").write_bytes(content)
    with pytest.raises(UserError, match=r"^typst cannot make the report \(.*\): draw the figures again$"):
        write_pdf(load(made.summary, figures), figures, tmp_path / "r.pdf")
    assert not (tmp_path / "r.pdf").exists()
