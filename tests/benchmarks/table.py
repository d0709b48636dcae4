"""From samples to the table: ratios measured in one run, beside what the project promises. Nothing here fails."""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.benchmarks.memory import Peak
from tests.benchmarks.rows import Row

MIB = 1 << 20
Cell = Callable[[dict[str, Any]], str]
"""what to print of a line"""
AT_LEAST = ("speed_up",)
"""targets that are better exceeded; the others are upper bounds"""


@dataclass(frozen=True)
class Measured:
    """One side of a row."""

    step_ms: list[float]
    """processor time of every timed step, in the order they ran"""
    state_bytes: int
    peak: Peak
    products_ms: list[float] = field(default_factory=list)
    """processor time of the bare matrix products of such a step, just before each; our side only"""

    def record(self) -> dict[str, Any]:
        return {
            "min_ms": min(self.step_ms),
            "median_ms": statistics.median(self.step_ms),
            "step_ms": self.step_ms,
            "products_ms": self.products_ms,
            "state_bytes": self.state_bytes,
            "peak_bytes": self.peak.bytes,
            "meter": self.peak.meter,
        }


def words(measured: Measured) -> str:
    """One side in a few words."""
    record = measured.record()
    return f"{_milliseconds(record)} ms, peak {_mebibytes('peak_bytes')(record)} MiB"


def legend(gflops: float) -> str:
    """How to read the table."""
    return "\n".join(
        [
            "ms: processor time of one step on one thread, the fastest (the median); ratios are of the fastest.",
            "floor: the head's matrix products alone, timed before each step (the median; the ratio is of the pairs).",
            f"peak: the same at {gflops:.1f} GFLOP/s, the best rate of a large square product in this run.",
            "MiB: peak of a step above the idle process, state included. 4CD: bytes of one float32 matrix of centres.",
        ]
    )


def line(row: Row, sides: dict[str, Measured], gflops: float) -> dict[str, Any]:
    """The numbers of `row`; None where a side was not measured. `gflops` is the best rate of a matrix product."""
    reference, ours = (sides[side].record() if side in sides else None for side in ("reference", "ours"))
    products = sides["ours"].products_ms if "ours" in sides else []
    pairs = [step / alone for step, alone in zip(sides["ours"].step_ms, products, strict=True)] if products else []
    numbers = {
        "speed_up": ratio(reference and reference["min_ms"], ours and ours["min_ms"]),
        "floor": statistics.median(pairs) if pairs else None,
        "peak": ratio(ours and ours["min_ms"], row.flops() / gflops / 1e6),
        "memory": ratio(ours and ours["peak_bytes"], row.centres_bytes()),
    }
    targets = asdict(row.targets)
    return asdict(row) | {
        "reference": reference,
        "ours": ours,
        "floor_ms": statistics.median(products) if products else None,
        "measured": numbers,
        "reference_memory": ratio(reference and reference["peak_bytes"], row.centres_bytes()),
        "verdicts": {name: verdict(name, value, targets.get(name)) for name, value in numbers.items()},
    }


def ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def verdict(name: str, value: float | None, target: float | None) -> str | None:
    """met | missed, or None where there is nothing to compare."""
    if value is None or target is None:
        return None
    return "met" if (value >= target if name in AT_LEAST else value <= target) else "missed"


def _side(side: str, cell: Callable[[dict[str, Any]], str]) -> Cell:
    return lambda line: cell(line[side]) if line[side] else "-"


def _milliseconds(side: dict[str, Any]) -> str:
    return f"{_short(side['min_ms'])} ({_short(side['median_ms'])})"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def _mebibytes(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda side: f"{side[name] / MIB:,.0f}"


def _measured(name: str) -> Cell:
    return lambda line: "-" if line["measured"][name] is None else f"{line['measured'][name]:.2f}"


def _target(name: str) -> Cell:
    sign = ">=" if name in AT_LEAST else "<="

    def cell(line: dict[str, Any]) -> str:
        target = line["targets"][name]
        return "" if target is None else f"{sign}{target:g} {line['verdicts'][name] or ''}".rstrip()

    return cell


COLUMNS: list[tuple[str, Cell]] = [
    ("head", lambda line: line["name"]),
    ("ref. ms", _side("reference", _milliseconds)),
    ("ours ms", _side("ours", _milliseconds)),
    ("speed-up", _measured("speed_up")),
    ("target", _target("speed_up")),
    ("floor ms", lambda line: _short(line["floor_ms"]) if line["floor_ms"] else "-"),
    ("ours/floor", _measured("floor")),
    ("target", _target("floor")),
    ("ours/peak", _measured("peak")),
    ("ref. MiB", _side("reference", _mebibytes("peak_bytes"))),
    ("ours MiB", _side("ours", _mebibytes("peak_bytes"))),
    ("state MiB", _side("ours", _mebibytes("state_bytes"))),
    ("ours/4CD", _measured("memory")),
    ("target", _target("memory")),
]
"""title and cell"""


def text(lines: list[dict[str, Any]]) -> str:
    """The table in plain text, the first column flush left, numbers flush right."""
    cells = [[title for title, _ in COLUMNS], *([cell(line) for _, cell in COLUMNS] for line in lines)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(_flush(row, widths) for row in cells)


def _flush(row: list[str], widths: list[int]) -> str:
    first, *others = (
        f"{cell:>{width}}" if number else f"{cell:<{width}}"
        for number, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()
