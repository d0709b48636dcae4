"""Figures about cost: the trade-off, scaling with the number of classes, and the parts of a step."""

from collections.abc import Mapping
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from workflow.reporting.drawing import WIDTH, Rows, Style, curve, dot, legend, place_labels, whisker
from workflow.reporting.palette import GRID, INK, PARTS
from workflow.reporting.words import size
from workflow.summary.old.answers import coordinates, pareto
from workflow.summary.old.costs import value_of

Styles = Mapping[str, Style]
Summary = Mapping[str, Any]


def pareto_plot(summary: Summary, styles: Styles) -> "tuple[Figure, Rows] | str":
    """Images per second against hard-pair accuracy, one mark a row."""
    rows = [row for row in summary["rows"] if coordinates(row)]
    if not rows:
        return "it needs hard-pair accuracy and an end-to-end timing of the same head; no row has both"
    figure, axes = plt.subplots(figsize=(WIDTH, 3.2))
    data = [pareto_point(row) for row in rows]
    largest = max((point["peak_bytes"] or 0 for point in data), default=0) or 1
    front_line(axes, summary["rows"], data)
    spots = []
    for point in data:
        style, mark = styles[point["row"]], 7 + 8 * ((point["peak_bytes"] or 0) / largest) ** 0.5
        whisker(axes, point["images_per_second"], point["low"], point["high"], style)
        axes.plot(point["images_per_second"], point["accuracy"], **dot(style, mark))
        spots.append((point["images_per_second"], point["accuracy"], mark, point["row"], style["colour"]))
    axes.set(xlabel="images with gradient per second, end to end", ylabel="hard-pair accuracy, %")
    axes.margins(0.16, 0.2)
    place_labels(axes, spots)
    return figure, data


def pareto_point(row: Mapping[str, Any]) -> dict[str, Any]:
    """The plotted numbers of one row, accuracy in percent."""
    speed, accuracy = coordinates(row) or (None, None)
    score = row["scores"]["verification_hard/accuracy"]
    low, high = (100 * score[name] for name in ("min", "max"))
    return {"row": row["name"], "images_per_second": speed, "accuracy": 100 * accuracy, "low": low, "high": high} | {
        "seeds": score["n"],
        "peak_bytes": row["cost"]["peak_bytes"],
    }


def front_line(axes: Axes, rows: list[dict[str, Any]], data: Rows) -> None:
    """The stepped line through the undominated points, from fast to accurate."""
    places = {point["row"]: (point["images_per_second"], point["accuracy"]) for point in data}
    front = [places[name] for name in pareto(rows)]
    axes.step(
        *zip(*front, strict=True), where="post", color=INK, alpha=0.35, linewidth=1, linestyle=(0, (2, 2)), zorder=0
    )


def scaling_plot(summary: Summary, styles: Styles) -> "tuple[Figure, Rows] | str":
    """Head-only step time and memory against the number of classes, log-log."""
    costs = [cost for cost in summary["costs"] if cost["mode"] == "head" and cost["outcome"] == "ok"]
    if len({cost["classes"] for cost in costs}) < 2:
        return "it needs head-mode cost cells at two or more numbers of classes"
    figure, (time, memory) = plt.subplots(1, 2, figsize=(WIDTH, 3.9))
    field = "peak_bytes" if any(cost["peak_bytes"] for cost in costs) else "memory.declared_state_bytes"
    names = list(dict.fromkeys(cost["name"] for cost in costs))
    for name in names:
        own = sorted((cost for cost in costs if cost["name"] == name), key=lambda cost: cost["classes"])
        line(time, own, "step_ms.median", styles[name])
        band(time, own, styles[name])
        line(memory, own, field, styles[name])
        line(time, own, "floor.ms", {**styles[name], "floor": True})
    ladder = sorted({cost["classes"] for cost in costs})
    for axes in (time, memory):
        axes.set(xscale="log", yscale="log", xlabel="classes")
        axes.set_xticks(ladder, [short_count(classes) for classes in ladder])
        axes.xaxis.set_minor_locator(NullLocator())
    time.set_title("milliseconds a step, head alone")
    memory.set_title("peak bytes, head alone" if field == "peak_bytes" else "declared state, head alone")
    memory.yaxis.set_major_locator(LogLocator(base=4))
    memory.yaxis.set_minor_locator(NullLocator())
    memory.yaxis.set_major_formatter(FuncFormatter(lambda value, _: size(value)))
    legend(figure, styles, names, lines=True)
    return figure, [scaling_line(cost) for cost in costs]


def short_count(count: int) -> str:
    """10k, 100k, 1M: a class count that fits under a tick."""
    for unit, size_of_unit in (("M", 1_000_000), ("k", 1_000)):
        if count >= size_of_unit:
            return f"{count / size_of_unit:g}{unit}"
    return str(count)


def scaling_line(cost: Mapping[str, Any]) -> dict[str, Any]:
    """The plotted numbers of one cost row."""
    steps = {f"{name}_ms": cost["step_ms"][name] for name in ("median", "p10", "p90")}
    sizes = {"peak_bytes": cost["peak_bytes"], "declared_state_bytes": cost["memory"]["declared_state_bytes"]}
    return {"row": cost["name"], "classes": cost["classes"], **steps, "floor_ms": value_of(cost, "floor.ms"), **sizes}


def line(axes: Axes, costs: Rows, field: str, style: Style) -> None:
    """One quantity against the number of classes; a floor is drawn faint and without marks."""
    known = [(cost["classes"], value) for cost in costs if (value := value_of(cost, field))]
    if not known:
        return
    x, y = zip(*known, strict=True)
    if style.get("floor"):
        axes.plot(x, y, color=style["colour"], linestyle=(0, (1, 2)), linewidth=1, alpha=0.8)
        return
    axes.plot(x, y, **{**dot(style, 5), **curve(style)})


def band(axes: Axes, costs: Rows, style: Style) -> None:
    """The p10 to p90 range of the step time."""
    known = [(cost["classes"], cost["step_ms"]["p10"], cost["step_ms"]["p90"]) for cost in costs if cost["samples"]]
    if known:
        axes.fill_between(*zip(*known, strict=True), color=style["colour"], alpha=0.15, linewidth=0)


def parts_plot(summary: Summary, styles: Styles) -> "tuple[Figure, Rows] | str":
    """Stacked bars of the parts of an end-to-end step."""
    rows = [row for row in summary["rows"] if row["cost"] and row["cost"]["parts_ms"]]
    if not rows:
        return "no end-to-end cost cell recorded its parts"
    figure, axes = plt.subplots(figsize=(WIDTH, 0.9 + 0.36 * len(rows)))
    names = [part for part in PARTS if any(row["cost"]["parts_ms"].get(part) for row in rows)]
    left = [0.0] * len(rows)
    for part in names:
        widths = [row["cost"]["parts_ms"].get(part) or 0.0 for row in rows]
        axes.barh(range(len(rows)), widths, left=left, height=0.62, color=PARTS[part], label=part, linewidth=0)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_color(GRID)
    axes.set_xlabel("milliseconds a step (medians)")
    figure.legend(loc="outside upper left", ncols=len(names), handlelength=1, handleheight=1, columnspacing=1.6)
    return figure, [{"row": row["name"], **row["cost"]["parts_ms"]} for row in rows]
