"""The HTML report: one file that needs no network, readable on a phone, in the dark and in print."""

import base64
import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workflow.errors import UserError
from workflow.files import atomic
from workflow.reporting.document import document
from workflow.reporting.material import Material
from workflow.reporting.svg import inline_svg
from workflow.summary.summary import Summary

HERE = Path(__file__).parent


def write_html(material: Material, figures: Path, out: Path) -> None:
    """Render the report with the figures in the folder `figures` into one self-contained file."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    report = document(material)
    page = environment.get_template("report.html.j2").render(
        document=report,
        drawings={name: inline_svg(read(figures / f"{name}.svg"), name) for name in report.drawn},
        data={name: data_address(read(figures / f"{name}.csv")) for name in report.drawn},
        island=island(material.summary),
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


def data_address(text: str) -> str:
    """A CSV file as an address that a link can download."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode()).decode()


def island(summary: Summary) -> Markup:
    """The summary as JSON that cannot end its script element early, whatever a label contains."""
    content = summary.stored.model_dump(mode="json", by_alias=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
