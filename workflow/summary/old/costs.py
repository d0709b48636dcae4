"""One row a cost record: medians and quantiles of the raw samples, rates, and memory with the meter that read it.

What a head does only every so many steps is in no median, and is added here, spread over all steps: every step time
and rate of the report starts from these rows.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow.reporting.words import classes_words, number, row_name
from workflow.summary.old.records import Record, cost_file, read_optional
from workflow.summary.old.spread import quantile

MEMORY = (
    "allocator_peak_bytes",
    "allocator_reserved_bytes",
    "allocator_before_bytes",
    "nvml_device_bytes",
    "nvml_process_bytes",
    "host_peak_rss_bytes",
    "host_rss_before_bytes",
    "declared_state_bytes",
)
UPKEEP = ("seconds", "every_steps", "ms_per_step")
NVML = ("utilisation_percent", "power_w", "energy_j_per_image", "clock_mhz", "temperature_c")


def cost_row(profile: Path, cell: Record, train_classes: int | None = None) -> dict[str, Any]:
    """The row of one planned cost cell, whatever became of it; `outcome` is "missing" where no record exists.

    `train_classes` stands in for the number of classes of an end-to-end cell without a record.
    """
    path = cost_file(profile, cell)
    record = read_optional(path) if path else None
    row = {name: cell.get(name) for name in ("mode", "label", "head", "classes")}
    row |= {"ratio": float(cell["ratio"]), "name": row_name(cell["label"], cell["ratio"])}
    row |= {"record": path.as_posix() if path else None, "classes": cell.get("classes") or train_classes or 0}
    if record is None:
        lost = {"outcome": "missing", "reason": "no record: this cell was planned and not run"}
        return row | lost | measured({}, cell["mode"])
    row |= {name: record["cell"].get(name) for name in ("head", "classes", "dim", "batch", "precision")}
    row |= {name: record.get(name) for name in ("outcome", "reason", "exclusive", "other_load_cores", "machine")}
    row |= {"device": (record.get("conditions") or {}).get("device"), "finish": record.get("finish")}
    return row | measured(record if record["outcome"] == "ok" else declared_only(record), cell["mode"])


def declared_only(record: Record) -> dict[str, Any]:
    """What stays true of a cell that did not fit or failed: floor and declared state; the rest is unmeasured."""
    state = (record.get("memory") or {}).get("declared_state_bytes")
    return {"floor": record.get("floor"), "memory": {"declared_state_bytes": state}}


def measured(record: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """The derived numbers of a cost record: ms, images/s, bytes, share of the floor; None where unmeasured.

    The floor is the head's own, so only the head-only mode has a share of it.
    """
    upkeep = {name: (record.get("upkeep") or {}).get(name) for name in UPKEEP}
    samples = [sample + (upkeep["ms_per_step"] or 0) for sample in record.get("step_ms") or []]
    median = quantile(samples, 0.5)
    images = record.get("images_per_step") or {}
    memory = {name: (record.get("memory") or {}).get(name) for name in MEMORY}
    floor = record.get("floor") or {}
    peak, meter = peak_memory(memory, record.get("host_meter"))
    return {
        "samples": len(samples),
        "step_ms": {"median": median, "p10": quantile(samples, 0.1), "p90": quantile(samples, 0.9)},
        "upkeep": upkeep,
        "images_per_second": {
            kind: images[kind] * 1000 / median if median and images.get(kind) else None
            for kind in ("gradient", "encoded")
        },
        "parts_ms": record.get("parts_ms"),
        "memory": memory,
        "peak_bytes": peak,
        "peak_meter": meter,
        "nvml": {name: (record.get("nvml") or {}).get(name) for name in NVML},
        "floor": floor,
        "floor_share": floor["ms"] / median if mode == "head" and median and floor.get("ms") else None,
    }


def upkeep_words(cost: Mapping[str, Any]) -> str:
    """What of a step time is periodic work, for a footnote; empty where the head has none."""
    upkeep = cost.get("upkeep") or {}
    if not upkeep.get("ms_per_step"):
        return ""
    share, took = number(upkeep["ms_per_step"]), number(upkeep["seconds"])
    often = f"every {number(upkeep['every_steps'], 1)} steps, at {classes_words(cost['classes'])}"
    return f"{share} ms of each step are for work that {cost['name']} does in {took} s {often}"


def peak_memory(memory: Mapping[str, int | None], host_meter: str | None = None) -> tuple[int | None, str | None]:
    """Measured peak bytes above what was there before, and the meter: the device allocator's, else the process's."""
    peak, before = memory["allocator_peak_bytes"], memory["allocator_before_bytes"] or 0
    if peak is not None:
        return max(peak - before, 0), "peak of the device allocator"
    peak, before = memory["host_peak_rss_bytes"], memory["host_rss_before_bytes"]
    if peak is None or before is None:
        return None, None
    bound = ", an upper bound: this system cannot reset its peak" if host_meter == "ru_maxrss" else ""
    return max(peak - before, 0), f"growth of the process (peak RSS − RSS before{bound})"


def largest_common(costs: list[dict[str, Any]], field: str = "peak_bytes") -> int | None:
    """The largest number of classes at which every row that has `field` in any ok head-mode record has it; None
    without."""
    reached: dict[int, set[str]] = {}
    for cost in costs:
        if cost["mode"] == "head" and cost["outcome"] == "ok" and value_of(cost, field) is not None:
            reached.setdefault(cost["classes"], set()).add(cost["name"])
    names = set().union(*reached.values())
    return max((classes for classes, present in reached.items() if present == names), default=None)


def value_of(cost: Mapping[str, Any], field: str) -> float | None:
    """A number of a cost row by dotted name, e.g. "memory.declared_state_bytes"; None where absent."""
    value: Any = cost
    for part in field.split("."):
        value = (value or {}).get(part)
    return value


def in_training(costs: list[dict[str, Any]], name: str, classes: int | None) -> dict[str, Any] | None:
    """The end-to-end record of a row: at the training set's number of classes, else at the nearest one measured."""
    own = [cost for cost in costs if cost["mode"] == "end-to-end" and cost["name"] == name]
    return min(own, key=lambda cost: abs(cost["classes"] - (classes or 0)), default=None)
