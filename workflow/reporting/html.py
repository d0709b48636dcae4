"""The HTML report: one file that needs no network, readable on a phone, in the dark and in print."""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workflow.errors import UserError
from workflow.files import atomic
from workflow.reporting.palette import GRID, INK

HERE = Path(__file__).parent


def write_html(document: Mapping[str, Any], figures: Path, out: Path) -> None:
    """Render the document with the figures of `figures` into one self-contained file."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    drawn = [
        block["name"] for section in document["sections"] for block in section["blocks"] if block["kind"] == "figure"
    ]
    page = environment.get_template("report.html.j2").render(
        document=document,
        drawings={name: inline_svg(read(figures / f"{name}.svg"), name) for name in drawn},
        data={name: data_address(read(figures / f"{name}.csv")) for name in drawn},
        island=island(document["summary"]),
    )
    with atomic(out) as temporary:
        temporary.write_text(page, encoding="utf-8")


def read(path: Path) -> str:
    """A figure's file; a missing one is a UserError."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(
            f"{path} does not exist: draw the figures again (python -m workflow.reporting figures)"
        ) from error


def inline_svg(svg: str, name: str) -> Markup:
    """A figure's SVG for use inside a page: its own identifiers, and ink and grid in the page's colours.

    The drawing was made by this package, so it is trusted; its text is drawn as paths.
    """
    body = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'xlink:href="#', f'href="#{name}-', body).replace("url(#", f"url(#{name}-")
    body = re.sub(r'\s(?:xmlns:xlink|version)="[^"]*"', "", body)
    body = body.replace("*{", f".drawing-{name} *{{")
    for colour, page_colour in ((INK, "currentColor"), (GRID, "var(--grid)")):
        body = body.replace(colour, page_colour)
    return Markup(
        re.sub(
            r'<svg ([^>]*?)width="[^"]*" height="[^"]*"|<svg height="[^"]*" width="[^"]*"', r"<svg \1", body, count=1
        )
    )


def data_address(text: str) -> str:
    """A CSV file as an address that a link can download."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode()).decode()


def island(summary: Mapping[str, Any]) -> Markup:
    """The summary as JSON that cannot end its script element early, whatever a label contains."""
    text = json.dumps(summary, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
