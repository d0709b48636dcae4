"""The HTML report: one file that needs no network, readable on a phone, in the dark and in print."""

import base64
import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workflow.errors import UserError, reason
from workflow.files import write_text
from workflow.reporting.blocks import Table
from workflow.reporting.document import Document, document
from workflow.reporting.listed import Entries
from workflow.reporting.material import Material
from workflow.reporting.svg import inline_svg
from workflow.summary.summary import Summary

HERE = Path(__file__).parent
SCRIPTS = (
    *("copying", "tables", "card", "marks", "paper", "saving", "address"),
    *("model", "printing", "plot", "explorer", "compare", "start"),
)
"""Files of script/, in the order in which they become one module."""
STYLES = ("page", "tables", "first", "figures")


@dataclass(frozen=True)
class Page:
    """What the templates need beside the document: drawings and their data by name, where records lie, seen from the
    page, by their path, and places in the page that may be pointed at."""

    drawings: Mapping[str, Markup]
    data: Mapping[str, str]
    papers: Mapping[str, str]
    files: Mapping[str, str]
    places: frozenset[str]


def write_html(material: Material, figures: Path, out: Path) -> None:
    """Render the report with the figures in the folder `figures` into one self-contained file."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters["coded"] = coded
    environment.globals["embedded"] = embedded
    report = document(material)
    page = environment.get_template("report.html.j2").render(
        document=report,
        page=page_of(report, material, figures, out),
        heads=material.named(tuple(material.names)),
        island=island(material.summary),
        style=Markup(joined("style", STYLES, "css")),
        script=Markup(joined("script", SCRIPTS, "js")),
    )
    write_text(out, page)


def page_of(report: Document, material: Material, figures: Path, out: Path) -> Page:
    """What the page shows beside the document's own words."""
    places = frozenset(material.entries.anchors)
    names = [name for drawn in report.drawn for name in (drawn, f"{drawn}-narrow")]
    return Page(
        drawings={name: drawing_of(figures / f"{name}.svg", places) for name in names},
        data={name: address("text/csv;charset=utf-8", read(figures / f"{name}.csv")) for name in report.drawn},
        papers={name: address("application/pdf", read(figures / f"{name}.pdf")) for name in report.drawn},
        files=addresses(report, out),
        places=places,
    )


def addresses(report: Document, out: Path) -> dict[str, str]:
    """The address, seen from `out`, of every record that the report names: empty where the file is not there."""
    paths: list[str] = []
    for block in (block for section in report.sections for block in section.blocks):
        if isinstance(block, Entries):
            paths += [entry.path for group in block.groups for entry in group.entries]
        if isinstance(block, Table):
            paths += [cell.file for row in block.rows for cell in row]
    return {path: seen_from(out, path) if path and Path(path).is_file() else "" for path in paths}


def seen_from(out: Path, path: str) -> str:
    """The address of a file for a link in the page `out`."""
    return Path(os.path.relpath(path, out.parent)).as_posix()


def joined(folder: str, names: Iterable[str], ending: str) -> str:
    """The source files of a folder, as one text."""
    return "\n".join((HERE / folder / f"{name}.{ending}").read_text(encoding="utf-8").strip() for name in names)


def drawing_of(path: Path, places: Collection[str]) -> Markup:
    """A figure for the page; UserError where its file holds no drawing."""
    try:
        return inline_svg(read(path).decode(), path.stem, places)
    except (UnicodeDecodeError, ParseError) as error:
        raise UserError(f"{path} is no drawing ({reason(error)}): delete it and draw the figures again") from error


def read(path: Path) -> bytes:
    """A figure's file; a missing one is a UserError."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(
            f"{path} does not exist: draw the figures again (python -m workflow.reporting figures)"
        ) from error


def address(kind: str, content: bytes) -> str:
    """A file as an address that a link can download."""
    return f"data:{kind};base64," + base64.b64encode(content).decode()


def island(summary: Summary) -> Markup:
    """The summary as JSON that cannot end its script element early, whatever a label contains."""
    return embedded(summary.stored.model_dump(mode="json", by_alias=True))


def coded(words: str) -> Markup:
    """Words for a page; what stands between backticks is code."""
    forms = (Markup("{}"), Markup("<code>{}</code>"))
    return Markup().join(forms[place % 2].format(part) for place, part in enumerate(words.split("`")))


def embedded(content: object) -> Markup:
    """Data as JSON for a script element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
