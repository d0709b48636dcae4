"""A cost record in one line, for a person who watches."""

from collections.abc import Mapping

import numpy as np

from workflow.cells.cost_records import CostRecord, Memory, images_per_second
from workflow.cells.paths import ratio_text
from workflow.measuring.sizes import size_words

WHOLE = {"end-to-end": " end to end", "synthetic": " end to end on synthetic labels"}


def headline(record: CostRecord) -> str:
    """The cell in one line."""
    cell = record.cell
    mode = WHOLE.get(cell.mode, "")
    name = f"cost {cell.label} {ratio_text(cell.ratio)}{mode} at {cell.classes:,} classes"
    if record.outcome != "ok":
        return f"{name}: {record.outcome}: {record.reason}"
    return f"{name}: {', '.join([*time_words(record), *memory_words(record.memory)])}"


def time_words(record: CostRecord) -> list[str]:
    """Time of a step, and what it is to be compared with."""
    upkeep = record.upkeep.ms_per_step if record.upkeep else 0.0
    low, median, high = (float(ms) + upkeep for ms in np.percentile(record.step_ms, (10, 50, 90)))
    words = [f"{median:.3g} ms a step (p10-p90 {low:.3g}-{high:.3g})"]
    rate = images_per_second(record.images_per_step.gradient, median)
    if record.cell.mode in WHOLE and rate is not None and record.parts_sum_ratio is not None:
        words.append(f"{rate:,.0f} images/s")
        words.append(f"its parts sum to {record.parts_sum_ratio:.2f} of it")
        words += loader_words(record.parts_ms or {})
    elif record.cell.mode == "head" and record.floor.ms and record.floor.ms <= median:
        words.append(f"{median / record.floor.ms:.1f}x its floor")
    if record.upkeep:
        words.append(f"{upkeep:.3g} ms of it for work done every {record.upkeep.every_steps} steps")
    return words


def loader_words(parts: Mapping[str, float]) -> list[str]:
    """What of a step it waits for its images, where that is a tenth or more: then the loader limits it."""
    share = parts.get("loader", 0.0) / max(sum(parts.values()), 1e-9)
    return [f"{share:.0%} of it waits for the loader: raise train.workers"] if share >= 0.1 else []


def memory_words(memory: Memory) -> list[str]:
    """The peak that the cell added to what was there before it, by the best meter there is."""
    for peak, before in (
        (memory.allocator_peak_bytes, memory.allocator_before_bytes),
        (memory.host_peak_rss_bytes, memory.host_rss_before_bytes),
    ):
        if peak is not None and before is not None:
            return [size_words(max(0, peak - before))]
    return []
