"""A figure's SVG for use inside a page: its own identifiers, ink and grid in the page's colours, marks as links.

The drawing was made by this package, so it is trusted; its text is text, in the page's type.
"""

import re
from collections.abc import Collection
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from markupsafe import Markup

from workflow.reporting.figures.finish import SVG, XLINK
from workflow.reporting.palette import GRID, INK

HREF = f"{{{XLINK}}}href"
PAGE_COLOURS = ((INK, "currentColor"), (GRID, "var(--grid)"))


def inline_svg(text: str, name: str, places: Collection[str] = ()) -> Markup:
    """The drawing `text` as an element of a page; identifiers and rules of style are made its own by `name`. Marks
    whose records are listed in the page, at one of `places`, are links to them."""
    drawing = ElementTree.fromstring(text)
    for element in drawing.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        element.attrib = {own_name(key): own_value(key, value, name) for key, value in element.attrib.items()}
        if element.tag == "style":
            element.text = (element.text or "").replace("*{", f".drawing-{name} *{{")
    for parent in list(drawing.iter()):
        for place, child in enumerate(parent):
            if child.get("data-records") in places:
                parent[place] = linked(child)
    for size in ("width", "height", "version"):
        drawing.attrib.pop(size, None)
    drawing.set("xmlns", SVG)
    drawing.set("role", "group")
    drawing.set("aria-label", drawing.findtext("title") or name)
    return Markup(ElementTree.tostring(drawing, encoding="unicode"))


def linked(mark: Element) -> Element:
    """The mark in a link to its records, which says what the mark does."""
    link = Element("a", {"href": f"#{mark.get('data-records')}", "class": "to-records"})
    link.set("aria-label", mark.findtext("title") or "")
    link.append(mark)
    return link


def own_name(key: str) -> str:
    """An attribute's name in a page, where a link needs no namespace."""
    return "href" if key == HREF else key


def own_value(key: str, value: str, name: str) -> str:
    """An attribute's value with this drawing's identifiers and the page's colours."""
    if key == "id":
        return f"{name}-{value}"
    if key == HREF:
        return re.sub("^#", f"#{name}-", value)
    if key.startswith("data-"):
        return value
    value = value.replace("url(#", f"url(#{name}-")
    for colour, page_colour in PAGE_COLOURS:
        value = value.replace(colour, page_colour)
    return value
