"""What a reader must know beside every verdict, and what was not measured and why: as numbers and names."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from workflow.summary.claims import Judgement, judge
from workflow.summary.lacking import lacking
from workflow.summary.regime import passes
from workflow.summary.samples import samples
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Mode, Verdict

PAPER_EPOCHS = 16
"""The shortest training among the papers' codes (epochs); fewer is called a short run."""
NVML = ("utilisation_percent", "power_w", "energy_j_per_image", "clock_mhz", "temperature_c")


@dataclass(frozen=True)
class ShortRun:
    """Training was shorter than the papers': the most steps of any run, and its passes over the training images."""

    steps: int
    epochs: float
    paper_epochs: int = PAPER_EPOCHS


@dataclass(frozen=True)
class Seeds:
    """How many seeds of a row ended well, at most: none, one, two and more allow to say different things."""

    n: int


@dataclass(frozen=True)
class OneSetting:
    """The reach of the result: one data set, one backbone, one machine."""

    dataset: str | None
    backbone: str | None


Caveat = ShortRun | Seeds | OneSetting


def caveats(summary: Summary) -> list[Caveat]:
    """What belongs beside the verdicts, derived from what was run."""
    trained, steps = epochs(summary), summary.runs["steps"].max()
    found: list[Caveat] = []
    if trained is not None and trained < PAPER_EPOCHS:
        found.append(ShortRun(int(steps), trained))
    done = summary.heads["done"].max()
    return [*found, Seeds(int(done)), OneSetting(summary.facts.dataset.name, summary.facts.backbone)]


def epochs(summary: Summary) -> float | None:
    """The longest any run trained, in passes over the training images; None if unknown."""
    known = passes(summary).dropna()
    return float(known.max()) if len(known) else None


class Meter(StrEnum):
    """A group of meters that may have read nothing anywhere."""

    MEMORY = "device memory"
    NVML = "utilisation, power, clocks, temperature"


@dataclass(frozen=True)
class LostRun:
    """A training cell that did not end well."""

    name: str
    seed: int
    outcome: str
    reason: str | None


@dataclass(frozen=True)
class LostCost:
    """A cost cell that did not end well; not fitting in memory is a result, and is also listed."""

    name: str
    mode: str
    classes: int
    outcome: str
    reason: str | None


@dataclass(frozen=True)
class LostScore:
    """A test score that is null in every seed of otherwise good rows."""

    score: str
    names: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class LostMeter:
    """Meters that need an NVIDIA GPU; `device` is what this run used, None if not recorded."""

    meter: Meter
    device: str | None


@dataclass(frozen=True)
class LostMode:
    """A mode of which no cost cell was measured; None if there is no measured cost at all."""

    mode: Mode | None


@dataclass(frozen=True)
class LostClaim:
    """A claim that this run does not reach."""

    judgement: Judgement


Gap = LostRun | LostCost | LostScore | LostMeter | LostMode | LostClaim


def gaps(summary: Summary) -> list[Gap]:
    """Everything planned or expected without a number, each with its reason."""
    found: list[Gap] = [*lost_runs(summary), *lost_costs(summary), *lost_scores(summary), *lost_meters(summary)]
    return found + [LostClaim(each) for each in judge(summary) if each.verdict == Verdict.ABSENT]


def lost_runs(summary: Summary) -> Iterator[LostRun]:
    """Training cells that did not end well."""
    for run in summary.stored.runs:
        if run.outcome != Ending.OK:
            yield LostRun(run.name, run.seed, run.outcome, run.reason)


def lost_costs(summary: Summary) -> Iterator[LostCost]:
    """Cost cells that did not end well."""
    for cost in summary.stored.costs:
        if cost.outcome != Ending.OK:
            yield LostCost(cost.name, cost.mode, cost.classes, cost.outcome, cost.reason)


def lost_scores(summary: Summary) -> list[LostScore]:
    """Scores null in every seed of an otherwise good row, gathered by score and reason."""
    counts = samples(summary).counts
    done = summary.heads.loc[summary.heads["done"] > 0, "name"]
    tidy = counts.reindex(done).fillna(0).rename_axis("name").reset_index()
    never = tidy.melt(id_vars="name", var_name="score", value_name="n")
    why = lacking(summary).to_frame("why").reset_index()
    lost = never[never["n"] == 0].merge(why, on=["score", "name"])
    lost["place"] = lost["name"].map({name: place for place, name in enumerate(done)})
    parts = lost.sort_values(["place", "score"]).groupby(["score", "why"], sort=False)
    return [LostScore(str(lines["score"].iloc[0]), tuple(lines["name"]), lines["why"].iloc[0]) for _, lines in parts]


def lost_meters(summary: Summary) -> list[Gap]:
    """Meters that read nothing anywhere: GPU memory, power, and the cost stage as a whole."""
    good = summary.costs[summary.costs["outcome"] == Ending.OK]
    if good.empty:
        return [LostMode(None)]
    device = summary.facts.machine.device if summary.facts.machine else None
    columns = {Meter.MEMORY: ["memory.allocator_peak_bytes"], Meter.NVML: [f"nvml.{name}" for name in NVML]}
    found: list[Gap] = [
        LostMeter(meter, device) for meter, names in columns.items() if good[names].isna().all(axis=None)
    ]
    return found + [LostMode(mode) for mode in (Mode.HEAD, Mode.WHOLE) if not (good["mode"] == mode).any()]
