"""The PDF report, typeset by Typst from the same document as the HTML; the same input gives the same bytes."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow.errors import UserError
from workflow.files import atomic

TEMPLATE = Path(__file__).with_name("report.typ")
HEADS_ACROSS = 7
"""Columns of heads that fit beside the first one on a page; wider tables are split."""


def write_pdf(document: Mapping[str, Any], figures: Path, out: Path) -> None:
    """Typeset the document with the figures of `figures`. Raises UserError when there is no Typst."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(TEMPLATE, folder / "report.typ")
        (folder / "document.json").write_text(json.dumps(printable(document), ensure_ascii=False), encoding="utf-8")
        for section in document["sections"]:
            for block in section["blocks"]:
                if block["kind"] == "figure":
                    copy_figure(figures / f"{block['name']}.svg", folder)
        with atomic(out) as temporary:
            typeset(folder, temporary)


def copy_figure(path: Path, folder: Path) -> None:
    """Put a figure beside the template."""
    if not path.exists():
        raise UserError(f"{path} does not exist: draw the figures again (python -m workflow.reporting figures)")
    shutil.copy(path, folder / path.name)


def typeset(folder: Path, out: Path) -> None:
    """Compile folder/report.typ to `out` by the Python module or, without it, by the `typst` program."""
    try:
        import typst
    except ImportError:
        return typeset_by_program(folder, out)
    try:
        out.write_bytes(typst.compile(folder / "report.typ", root=folder, ignore_system_fonts=True))
    except typst.TypstError as error:
        raise RuntimeError(f"the PDF template does not compile: {error}") from error


def typeset_by_program(folder: Path, out: Path) -> None:
    """The same by the command-line program."""
    program = shutil.which("typst")
    if program is None:
        raise UserError(
            "the PDF report needs Typst: install its Python module (pip install typst) or the `typst` program, or make "
            "the HTML report only"
        )
    pdf = folder / "report.pdf"
    command = [program, "compile", "--ignore-system-fonts", "--root", str(folder), str(folder / "report.typ"), str(pdf)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"typst failed: {done.stderr.strip()}")
    shutil.copy(pdf, out)


def printable(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document for paper: without the data island, wide tables split, long paths breakable."""
    sections = [
        {**section, "blocks": [part for block in section["blocks"] for part in split(block)]}
        for section in document["sections"]
    ]
    return breakable({**{key: document[key] for key in ("title", "kicker", "lead", "facts")}, "sections": sections})


def split(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A table with heads across, in parts that fit the page's width."""
    width = len(block.get("columns", [])) - 1
    if not block.get("across") or width <= HEADS_ACROSS:
        return [block]
    parts = []
    for start in range(1, width + 1, HEADS_ACROSS):
        chosen = [0, *range(start, min(start + HEADS_ACROSS, width + 1))]
        rows = [[row[place] for place in chosen] for row in block["rows"]]
        last = chosen[-1] == width
        parts.append({**block, "columns": [block["columns"][place] for place in chosen], "rows": rows})
        parts[-1] |= {"notes": block["notes"] if last else []}
    return parts


def breakable(value: Any) -> Any:
    """Long unbroken words may break after / _ = and every 16th character of a hash."""
    if isinstance(value, dict):
        return {key: item if key in ("name", "kind", "colour") else breakable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [breakable(item) for item in value]
    return re.sub(r"\S{18,}", open_up, value) if isinstance(value, str) else value


def open_up(word: re.Match[str]) -> str:
    """One long word with places where it may break."""
    opened = re.sub(r"([/_=])", "\\1\u200b", word[0])
    return re.sub(r"([^/_=\u200b]{16})(?=[^/_=\u200b])", "\\1\u200b", opened)
