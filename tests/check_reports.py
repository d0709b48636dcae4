"""`python -m tests.check_reports FILE ...`: the rendered reports are whole. Exits with the first thing that is wrong.

HTML must parse without an error, load nothing from elsewhere, and show its sections and figures; every page of a PDF is
drawn and must show something.
"""

import re
import sys
from pathlib import Path

import html5lib
import numpy as np
import pypdfium2

SECTIONS = ("answer", "claims", "provenance", "not measured")
FEWEST_FIGURES = 5


def check_html(path: Path) -> str:
    """What was found in a Headroom report; AssertionError tells what is missing."""
    text = path.read_text(encoding="utf-8")
    html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    outside = re.findall(r'<(?:script|link|img|iframe|object)[^>]*(?:src|href)="(?!data:|#)[^"]*"', text)
    assert not outside, f"{path} loads {outside[0]}"
    missing = [section for section in SECTIONS if section not in text.lower()]
    assert not missing, f"{path} has no section on {missing[0]}"
    figures = text.count("<svg")
    assert figures >= FEWEST_FIGURES, f"{path} shows {figures} figures"
    return f"{figures} figures, {len(text) / 1e6:.1f} MB"


def check_pdf(path: Path) -> str:
    """Number of pages; each must have ink on it."""
    document = pypdfium2.PdfDocument(path)
    for number, page in enumerate(document, 1):
        pixels = page.render(scale=0.5).to_numpy()
        dark = np.mean(pixels.min(axis=2) < 200)
        assert dark > 0.002, f"{path} page {number} is empty"
    text = document[0].get_textpage().get_text_bounded()
    assert "Headroom" in text, f"{path} page 1 does not say what it is"
    return f"{len(document)} pages"


def check_snakemake(path: Path) -> str:
    """Size of snakemake's own report, which must name the reports it holds."""
    text = path.read_text(encoding="utf-8")
    assert "Reports" in text and "Figures" in text, f"{path} lacks its categories"
    return f"{len(text) / 1e6:.1f} MB"


def main() -> None:
    for name in sys.argv[1:]:
        path = Path(name)
        check = check_pdf if path.suffix == ".pdf" else check_snakemake if path.stem == "snakemake" else check_html
        print(f"{path}: {check(path)}")


if __name__ == "__main__":
    main()
