"""A figure's SVG for use inside a page: its own identifiers, and ink and grid in the page's colours.

The drawing was made by this package, so it is trusted; its text is drawn as paths.
"""

import re
from xml.etree import ElementTree

from markupsafe import Markup

from workflow.reporting.palette import GRID, INK

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"
PAGE_COLOURS = ((INK, "currentColor"), (GRID, "var(--grid)"))


def inline_svg(text: str, name: str) -> Markup:
    """The drawing `text` as an element of a page; identifiers and rules of style are made its own by `name`."""
    drawing = ElementTree.fromstring(text)
    for parent in list(drawing.iter()):
        for child in [child for child in parent if child.tag == f"{{{SVG}}}metadata"]:
            parent.remove(child)
    for element in drawing.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        element.attrib = {own_name(key): own_value(key, value, name) for key, value in element.attrib.items()}
        if element.tag == "style":
            element.text = (element.text or "").replace("*{", f".drawing-{name} *{{")
    for size in ("width", "height", "version"):
        drawing.attrib.pop(size, None)
    drawing.set("xmlns", SVG)
    return Markup(ElementTree.tostring(drawing, encoding="unicode"))


def own_name(key: str) -> str:
    """An attribute's name in a page, where a link needs no namespace."""
    return "href" if key == HREF else key


def own_value(key: str, value: str, name: str) -> str:
    """An attribute's value with this drawing's identifiers and the page's colours."""
    if key == "id":
        return f"{name}-{value}"
    if key == HREF:
        return re.sub("^#", f"#{name}-", value)
    value = value.replace("url(#", f"url(#{name}-")
    for colour, page_colour in PAGE_COLOURS:
        value = value.replace(colour, page_colour)
    return value
