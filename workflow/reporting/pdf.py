"""The PDF report, typeset by Typst from the same document as the HTML; the same input gives the same bytes."""

import math
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib
from pydantic import JsonValue, TypeAdapter

from workflow.errors import UserError, reason
from workflow.files import atomic, write_json, writing
from workflow.reporting.blocks import Block, Explorer, Table
from workflow.reporting.document import Document, document
from workflow.reporting.material import Material

KEPT = ("name", "kind", "colour", "anchor", "records")
_DOCUMENT = TypeAdapter(Document)
TEMPLATE = Path(__file__).with_name("report.typ")
COLUMNS_BESIDE = 7
"""Columns that fit on a page beside those that say what a row is; wider tables are split."""
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
"""of the text in figures"""


def write_pdf(material: Material, figures: Path, out: Path) -> None:
    """Typeset the report with the figures in the folder `figures`. Raises UserError when there is no Typst."""
    report = document(material)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy(TEMPLATE, folder)
        write_json(folder / "document.json", printable(report))
        for drawn in report.drawn:
            copy_figure(figures / f"{drawn}.svg", folder)
        with atomic(out) as temporary:
            typeset(folder, temporary)


def copy_figure(path: Path, folder: Path) -> None:
    """Put a figure beside the template."""
    if not path.exists():
        raise UserError(f"{path} does not exist: draw the figures again (python -m workflow.reporting figures)")
    copy(path, folder)


def copy(path: Path, folder: Path) -> None:
    """Put a file into a temporary folder, which may lie on another disk."""
    with writing(folder / path.name) as file:
        file.write(path.read_bytes())


def typeset(folder: Path, out: Path) -> None:
    """Compile folder/report.typ to `out` by the Python module or, without it, by the `typst` program."""
    try:
        import typst
    except ImportError:
        return typeset_by_program(folder, out)
    try:
        out.write_bytes(typst.compile(folder / "report.typ", root=folder, font_paths=[FONTS], ignore_system_fonts=True))
    except typst.TypstError as error:
        raise UserError(f"typst cannot make the report ({reason(error)}): draw the figures again") from error


def typeset_by_program(folder: Path, out: Path) -> None:
    """The same by the command-line program."""
    program = shutil.which("typst")
    if program is None:
        raise UserError(
            "the PDF report needs Typst: install its Python module (pip install typst) or the `typst` program, or make "
            "the HTML report only"
        )
    pdf = folder / "report.pdf"
    fonts = ["--ignore-system-fonts", "--font-path", str(FONTS)]
    command = [program, "compile", *fonts, "--root", str(folder), str(folder / "report.typ"), str(pdf)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise UserError(f"typst failed: {done.stderr.strip()}")
    out.write_bytes(pdf.read_bytes())


def printable(report: Document) -> JsonValue:
    """The report as JSON for paper: wide tables split, long words breakable."""
    sections = (
        replace(section, blocks=tuple(part for block in section.blocks for part in split(printed(block))))
        for section in report.sections
    )
    return breakable(_DOCUMENT.dump_python(replace(report, sections=tuple(sections)), mode="json"))


def printed(block: Block) -> Block:
    """What stands on paper for a block that the reader of a page can change."""
    return block.table if isinstance(block, Explorer) else block


def split(block: Block) -> list[Block]:
    """A table wider than the page in parts that fit, each with the columns that say what a row is; footnotes are under
    the last one."""
    if not isinstance(block, Table) or len(block.columns) - block.keys <= COLUMNS_BESIDE:
        return [block]
    parts: list[Block] = []
    own = len(block.columns) - block.keys
    size = math.ceil(own / math.ceil(own / COLUMNS_BESIDE))  # parts of about the same width
    for start in range(block.keys, len(block.columns), size):
        end = min(start + size, len(block.columns))
        columns = (*block.columns[: block.keys], *block.columns[start:end])
        rows = tuple((*row[: block.keys], *row[start:end]) for row in block.rows)
        last = end == len(block.columns)
        notes, remarks = (block.notes, block.remarks) if last else ((), ())
        parts.append(replace(block, columns=columns, rows=rows, notes=notes, remarks=remarks))
    return parts


def breakable(value: JsonValue) -> JsonValue:
    """Long unbroken words may break after / _ = and every 16th character of a hash."""
    if isinstance(value, dict):
        return {key: item if key in KEPT else breakable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [breakable(item) for item in value]
    return re.sub(r"\S{18,}", open_up, value) if isinstance(value, str) else value


def open_up(word: re.Match[str]) -> str:
    """One long word with places where it may break."""
    opened = re.sub(r"([/_=])", "\\1\u200b", word[0])
    return re.sub(r"([^/_=\u200b]{16})(?=[^/_=\u200b])", "\\1\u200b", opened)
