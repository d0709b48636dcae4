"""Whether a run lies where a claim means anything: each condition of its regime, beside what the run has."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from workflow.summary.rules import Regime
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending


class Condition(StrEnum):
    """What a regime asks of a run."""

    EPOCHS = "passes over the training images"
    BELOW = "fewer passes over the training images"
    SAMPLED = "rows compared with, as a multiple of the classes of a batch"
    TAIL = "kind of tail"
    MEMORY = "GiB of memory of the device"


@dataclass(frozen=True)
class Unmet:
    """A condition that a run does not meet: what the claim needs, and what the run has (None: not recorded)."""

    condition: Condition
    needed: float | tuple[str, ...]
    found: float | str | None


def unmet(regime: Regime, summary: Summary, names: list[str]) -> tuple[Unmet, ...]:
    """The conditions that a run does not meet, for a claim about the rows called so."""
    found: list[Unmet] = []
    passes = epochs(summary, names)
    if regime.epochs is not None and (passes is None or passes < regime.epochs):
        found.append(Unmet(Condition.EPOCHS, regime.epochs, passes))
    if regime.below is not None and (passes is None or passes >= regime.below):
        found.append(Unmet(Condition.BELOW, regime.below, passes))
    if regime.sampled is not None:
        multiple = sampled(summary, names)
        if multiple is None or multiple < regime.sampled:
            found.append(Unmet(Condition.SAMPLED, regime.sampled, multiple))
    tail = (summary.facts.split.settings or {}).get("tail")
    if regime.tail and tail not in regime.tail:
        found.append(Unmet(Condition.TAIL, regime.tail, tail))
    if regime.memory is not None:
        memory = device_memory(summary)
        if memory is None or memory < regime.memory:
            found.append(Unmet(Condition.MEMORY, regime.memory, memory))
    return tuple(found)


def epochs(summary: Summary, names: list[str]) -> float | None:
    """The fewest passes over the training images of any good run of these rows; None if unknown."""
    runs = summary.runs
    known = passes(summary)[runs["name"].isin(names) & (runs["outcome"] == Ending.OK)].dropna()
    return float(known.min()) if len(known) else None


def passes(summary: Summary) -> pd.Series:
    """How often each of `summary.runs` went through the training images; NaN where it is not known."""
    return summary.runs["images_gradient"] / summary.facts.split.counts.get("train_images", np.nan)


def sampled(summary: Summary, names: list[str]) -> float | None:
    """The least r · C over the classes of a batch, of the rows that sample; None if unknown."""
    classes = summary.facts.split.counts.get("train_classes")
    ratios = summary.heads.set_index("name")["ratio"]
    found = [
        float(ratios[name]) / batch for name in names if name in ratios and (batch := batch_classes(summary, name))
    ]
    return classes * min(found) if classes and found else None


def batch_classes(summary: Summary, name: str) -> int | None:
    """How many classes a batch of a row has: as many as are drawn, at most as many as it has images where they come as
    the images do, so that a claim is kept to where it surely means something; None if unknown."""
    declared, parameters = summary.declared.get(name), summary.parameters.get(name)
    drawn = declared.batch_classes if declared else None
    return drawn or (parameters.train.batch if parameters else None)


def device_memory(summary: Summary) -> float | None:
    """GiB of the GPU that costs were measured on, else of the machine; None if unknown."""
    machine = summary.facts.machine
    if machine is None:
        return None
    found = machine.machine.memory_bytes if machine.device == "cpu" else machine.nvml and machine.nvml.memory_bytes
    return found / 2**30 if found else None
