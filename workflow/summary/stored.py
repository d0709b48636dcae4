"""What summary.json holds: what was collected, row by row, and nothing that is decided from it.

The same types read headroom-summary-1, whose rows, claims, answers and gaps are passed over.
"""

from typing import Final, Literal

from pydantic import AliasChoices, Field, JsonValue

from workflow.cells.cost_records import Declares, Floor, Memory, Nvml, Sends
from workflow.cells.paths import ratio_text
from workflow.cells.records import (
    DatasetName,
    Declared,
    Equal,
    Images,
    Machine,
    Normalised,
    Parameters,
    Part,
    Record,
)
from workflow.cells.spec import Role
from workflow.cells.tuning_records import ChosenRecord
from workflow.summary.facts import Facts, Placed
from workflow.summary.vocabulary import Ending, Mode

SCHEMA: Final = "headroom-summary-2"


def row_name(label: str, ratio: float) -> str:
    """How a table row is called: the head's label, with its ratio unless that is 1."""
    return label if ratio == 1 else f"{label} r {ratio_text(ratio)}"


class ProgressLine(Part):
    """A line of steps.jsonl: a loss with its learning rate, or validation scores; `seconds` since the start."""

    step: int
    seconds: float
    images: float
    encoded: float | None = None
    loss: float | None = None
    lr: float | None = None
    validation: dict[str, float | None] = Field(default_factory=dict)


class Row(Placed):
    """What training and cost rows share."""

    label: str
    head: str
    ratio: float
    name: str
    outcome: Ending
    reason: str | None = None
    machine: Machine | None = None
    device: str | None = None
    precision: str | None = None
    exclusive: bool | None = None
    start: str | None = None
    finish: str | None = None
    command: str | None = None
    commit: str | None = None
    diff_hash: str | None = None
    no_commit: str | None = None
    versions: dict[str, str] | None = None
    blas: dict[str, str] = Field(default_factory=dict)
    lock_hash: str | None = None
    off_lock: dict[str, str] = Field(default_factory=dict)


class Written(Record, Placed):
    """A record that a number rests on: its path, and who wrote it."""


class RunRow(Row):
    """A planned training cell, whatever became of it. Seconds are of training; scores are by part and name."""

    seed: int
    role: Role = "row"
    backbone: str | None = None
    steps: int | None = None
    planned_steps: int | None = None
    seconds: float | None = None
    images: Images | None = None
    processes: int | None = None
    freed_memory_kept: bool | None = None
    resumed: int | None = None
    initial_weights: str | None = None
    images_drawn: dict[str, int] | None = None
    normalised: Normalised | None = None
    equal: Equal | None = None
    split_hash: str | None = None
    evaluation_hash: str | None = None
    dataset: DatasetName | None = None
    declared: Declared | None = None
    parameters: Parameters | None = None
    protocol: str | None = None
    evaluated_split: str | None = None
    counts: dict[str, dict[str, int]] | None = None
    scores: dict[Literal["validation", "test"], dict[str, float | None]] = Field(default_factory=dict)
    notes: dict[str, str] = Field(default_factory=dict)
    curves: dict[str, list[list[float | None]]] = Field(default_factory=dict)
    progress: list[ProgressLine] = Field(default_factory=list)
    evaluation: Written | None = None


class Quantiles(Part):
    """Step time in ms: the median, and the range that holds the middle eighty percent."""

    median: float | None = None
    p10: float | None = None
    p90: float | None = None


class Upkeep(Part):
    """A head's periodic work, spread over all steps."""

    seconds: float | None = None
    every_steps: int | None = None
    ms_per_step: float | None = None


class CostRow(Row):
    """A planned cost cell, whatever became of it: the numbers derived from its raw samples (see costs.py)."""

    mode: Mode
    classes: int
    dim: int | None = None
    batch: int | None = None
    other_load_cores: float | None = None
    idle_load_cores: float | None = None
    stopped: bool | None = None
    attempts: int | None = None
    samples: int = 0
    step_ms: Quantiles = Quantiles()
    upkeep: Upkeep = Upkeep()
    images_per_second: Images = Images()
    parts_ms: dict[str, float] | None = None
    memory: Memory = Memory()
    peak_bytes: int | None = None
    peak_meter: str | None = None
    nvml: Nvml = Nvml()
    floor: Floor = Floor()
    floor_share: float | None = None
    declares: tuple[Declares, ...] = ()
    sends: Sends | None = None
    options: dict[str, JsonValue] | None = None
    shares_classes: bool | None = None


class ChosenRow(ChosenRecord, Placed):
    """How the setting of a row was chosen."""


class Marked(Part):
    """What headroom-summary-1 says in its main table of which row is the reference."""

    name: str
    reference: bool


class BaselineRow(Placed):
    """What no head trained, and how it scores: `kind` is its key in the config; scores and errors by part and name."""

    kind: str
    reason: str | None = None
    """how and why its process ended, where it left no scores"""
    scores: dict[str, dict[str, float | None]]
    se: dict[str, dict[str, float | None]] = Field(default_factory=dict)
    evaluation: Written | None = None


class SummaryRecord(Facts):
    """A whole summary.json."""

    version: Literal["headroom-summary-1", "headroom-summary-2"] = Field(
        SCHEMA, validation_alias=AliasChoices("schema", "version"), serialization_alias="schema"
    )
    published: bool = False
    """whether paths of records are relative to the summary's folder, and what these hold of a run is left to them"""
    runs: list[RunRow]
    costs: list[CostRow] = Field(default_factory=list)
    resampled: dict[str, dict[str, list[float]]] = Field(default_factory=dict)
    """by test score and row: the mean over the good seeds under each resampling of the test classes"""
    others: list[RunRow] = Field(default_factory=list)
    """the rows again: with as many images or seconds as the reference, and with settings of their own"""
    tuned: list[ChosenRow] = Field(default_factory=list)
    """how those settings were chosen"""
    baselines: list[BaselineRow] = Field(default_factory=list)
    rows: list[Marked] = Field(default_factory=list, exclude=True)
