"""From raw cost samples to numbers: quantiles, images per second, peak memory, share of the floor; nowhere else.

What a head does only every so many steps is in no median, and is added here, spread over all steps: every step time
and rate of the report starts from these rows.
"""

import pandas as pd

from workflow.cells.choices import REFERENCES
from workflow.cells.cost_records import CostRecord, Memory, images_per_second
from workflow.cells.records import Images
from workflow.summary.stored import Quantiles, Upkeep
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Mode

ALLOCATOR = "peak of the device allocator"
PROCESS = "growth of the process (peak RSS − RSS before)"
PROCESS_BOUND = "growth of the process (peak RSS − RSS before, an upper bound: this system cannot reset its peak)"


def quantiles(samples: list[float]) -> Quantiles:
    """Median, p10 and p90 of raw samples by linear interpolation; all None of none."""
    if not samples:
        return Quantiles()
    p10, median, p90 = (float(value) for value in pd.Series(samples).quantile([0.1, 0.5, 0.9]))
    return Quantiles(median=median, p10=p10, p90=p90)


def measured(record: CostRecord) -> dict[str, object]:
    """The fields of a CostRow that are derived from a record's samples and meters.

    Of a cell that did not end well, floor and declared state stay true and the rest is unmeasured. The floor is the
    head's own, so only the mode that times the head alone has a share of it.
    """
    if record.outcome != "ok":
        return {"floor": record.floor, "memory": Memory(declared_state_bytes=record.memory.declared_state_bytes)}
    upkeep = Upkeep(**record.upkeep.model_dump()) if record.upkeep else Upkeep()
    steps = quantiles([sample + (upkeep.ms_per_step or 0) for sample in record.step_ms])
    images, (peak, meter) = record.images_per_step, peak_memory(record.memory, record.host_meter)
    floor_ms = record.floor.ms if record.cell.mode == "head" else None
    return {
        "samples": len(record.step_ms),
        "step_ms": steps,
        "upkeep": upkeep,
        "images_per_second": Images(
            gradient=images_per_second(images.gradient, steps.median),
            encoded=images_per_second(images.encoded, steps.median),
        ),
        "parts_ms": record.parts_ms,
        "memory": record.memory,
        "peak_bytes": peak,
        "peak_meter": meter,
        "nvml": record.nvml,
        "floor": record.floor,
        "floor_share": share_of(floor_ms, steps.median),
    }


def share_of(floor_ms: float | None, median: float | None) -> float | None:
    """The floor over the time that was measured; None where it lies above it, since then the rates were too low."""
    return floor_ms / median if floor_ms and median and floor_ms <= median else None


def peak_memory(memory: Memory, host_meter: str | None = None) -> tuple[int | None, str | None]:
    """Measured peak bytes above what was there before, and the meter: the device allocator's, else the process's."""
    if memory.allocator_peak_bytes is not None:
        return max(memory.allocator_peak_bytes - (memory.allocator_before_bytes or 0), 0), ALLOCATOR
    peak, before = memory.host_peak_rss_bytes, memory.host_rss_before_bytes
    if peak is None or before is None:
        return None, None
    return max(peak - before, 0), PROCESS_BOUND if host_meter == "ru_maxrss" else PROCESS


def speed_range(cost: pd.Series, images: str = "gradient") -> tuple[float, float]:
    """The slow and the fast end of a cost row's images per second: those at the p90 and the p10 of its step time."""
    per_step = cost[f"images_per_second.{images}"] * cost["step_ms.median"]
    return float(per_step / cost["step_ms.p90"]), float(per_step / cost["step_ms.p10"])


def by_classes(summary: Summary, name: str, mode: Mode) -> pd.DataFrame:
    """The cost rows of one row and mode that ended well, indexed by number of classes."""
    costs = summary.costs
    good = costs[(costs["name"] == name) & (costs["mode"] == mode) & (costs["outcome"] == Ending.OK)]
    return good.set_index("classes")


def in_training(summary: Summary) -> pd.DataFrame:
    """The end-to-end cost of every row that has one, indexed by name in planned order, whatever its outcome.

    At the training set's number of classes, else at the nearest one measured.
    """
    costs = summary.costs[summary.costs["mode"] == Mode.WHOLE]
    distance = (costs["classes"] - summary.facts.split.counts.get("train_classes", 0)).abs()
    nearest = costs.loc[distance.sort_values(kind="stable").index].drop_duplicates("name").set_index("name")
    return nearest.loc[[name for name in summary.heads["name"] if name in nearest.index]]


def contestants(costs: pd.DataFrame) -> pd.DataFrame:
    """The cost rows without those of plain references."""
    return costs[~costs["head"].isin(REFERENCES)]


def largest_common(summary: Summary, field: str = "peak_bytes") -> int | None:
    """The largest number of classes at which all heads alone that were ever measured have a value of `field`; plain
    references, which are no heads to choose, left out."""
    costs = contestants(summary.costs)
    known = costs[(costs["mode"] == Mode.HEAD) & (costs["outcome"] == Ending.OK) & costs[field].notna()]
    reached = known.groupby("classes")["name"].nunique()
    common = reached[reached == known["name"].nunique()]
    return None if common.empty else int(common.index.max())
