"""From matplotlib's SVG to one that speaks: title, description, and of every mark what it stands for."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from workflow.reporting.figures.tags import SEPARATOR

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def finished(text: str, title: str, description: str) -> str:
    """The drawing `text` with its title and description, and with its tags as attributes.

    What is of a row has class `of-row` and `data-row`; a mark, which can be pointed at, also has class `mark`,
    `data-tip` (what it says), `data-records` (the anchor of its records) and a title.
    """
    drawing = ElementTree.fromstring(text)
    for element in list(drawing.iter()):
        for child in [child for child in element if child.tag == f"{{{SVG}}}metadata"]:
            element.remove(child)
        if SEPARATOR in element.get("id", ""):
            told(element)
    for place, (name, words) in enumerate((("title", title), ("desc", description))):
        child = Element(f"{{{SVG}}}{name}")
        child.text = words
        drawing.insert(place, child)
    return ElementTree.tostring(drawing, encoding="unicode", xml_declaration=True) + "\n"


def told(element: Element) -> None:
    """Turn the tag in an element's identifier into attributes and a title."""
    row, words, records = element.attrib.pop("id").split(SEPARATOR)
    element.set("class", "of-row mark" if words else "of-row")
    element.set("data-row", row)
    if words:
        element.set("data-tip", words)
        title = Element(f"{{{SVG}}}title")
        title.text = row if words == row else f"{row}: {words}"
        element.insert(0, title)
    if records:
        element.set("data-records", records)
