"""What the stages write and read: each record's fields declared once, with a function to read it and one to write it.

A number that was not measured is None. Fields that a record has gained since have a default, so that older and
published records are still read.
"""

import json
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from workflow.cells.config import Backbone
from workflow.cells.spec import CellName, Origin, Trial
from workflow.cells.train_section import Train
from workflow.endings import Outcome
from workflow.errors import UserError
from workflow.files import read_json, write_json


class Part(BaseModel):
    """A piece of a record."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Machine(Part):
    processor: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    system: str | None = None
    architecture: str | None = None


class Stored(Part):
    """A whole JSON file."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """The record at `path`; UserError if it is missing or not a record of this kind."""
        try:
            return cls.model_validate_json(
                json.dumps(read_json(path))
            )  # strict JSON: a list is a tuple, a text no number
        except ValidationError as error:
            raise UserError(f"{path} is not a {cls.__name__}: {error.errors()[0]['msg']}; make it again") from error

    def write(self, path: Path) -> None:
        """Write the record atomically."""
        write_json(path, self.model_dump(mode="json"))


class Record(Stored):
    """A file that a stage leaves: who wrote it, when, where and with what, and more in each kind."""

    start: str
    finish: str | None = None
    command: str | None = None
    commit: str | None = None
    """of the checkout that wrote it, with `+changes` where its code differed from it"""
    diff_hash: str | None = None
    """SHA-256 of those changes"""
    no_commit: str | None = None
    """why there is no commit; None in older records"""
    machine: Machine = Machine()
    versions: dict[str, str] = {}
    blas: dict[str, str] = {}
    """what multiplies the matrices of torch and numpy, as far as the process had them loaded"""
    lock_hash: str | None = None
    """SHA-256 of requirements.lock"""
    off_lock: dict[str, str] = {}
    """installed packages of another version than the lock pins"""


class Images(Part):
    """Images by all processes: with a gradient, and encoded in all (twins and second views included)."""

    gradient: int | float | None = None
    encoded: int | float | None = None


class Normalised(Part):
    """Images of one forward pass of one process: the batch that batch normalisation sees."""

    query: int | None = None
    twin: int | None = None


class Declared(Part):
    """What a head says of itself."""

    summary: str = ""
    batches: str
    momentum: float | None = None
    momentum_used: float | None = None
    pool: int | None = None
    batch_classes: int | None = None
    """distinct classes of a batch whose classes are all drawn evenly; None where they come as the images do, and in
    older records"""
    kept_bytes: int | None = None
    """what the head keeps between steps, of this process; None in older records"""
    evaluates: str = "query"
    learned_centres: bool = False


class Equal(Part):
    """How the steps of a cell with an equal budget were found: so many that they spend what the reference's spend."""

    reference: str
    reference_steps: int
    own_step: float
    """images that a step encodes, or its milliseconds"""
    reference_step: float
    """the same of the reference"""
    steps: int


class DatasetName(Part):
    name: str
    hash: str


class Parameters(Part):
    """The settings of a run; older records call the options `head`."""

    options: dict[str, Any] = Field(validation_alias=AliasChoices("options", "head"))
    momentum: float | None = None
    train: Train
    backbone: Backbone
    data: dict[str, JsonValue] = {}
    """of the data section what the row's training images differ in; a summary knows it by the split of the run"""
    origins: dict[str, Origin] = {}
    """of options, twin momentum and keys of `train` those that the config's shared sections do not decide"""


class RunRecord(Record):
    """run.json: one training cell, however it ended."""

    cell: CellName
    parameters: Parameters
    declared: Declared | None = None
    dataset: DatasetName
    split_hash: str
    evaluation_hash: str | None = None
    """of what the split asks, which rows that learn from other images share; None in older records"""
    initial_weights: str | None = None
    device: str
    precision: str
    processes: int = 1
    freed_memory_kept: bool | None = None
    """whether the allocator was told to keep what a step frees; None in older records"""
    steps: int = 0
    planned_steps: int
    images: Images | None = None
    images_drawn: dict[str, int] | None = None
    """images of all views that were loaded, by many, medium and few; None in older records"""
    normalised: Normalised | None = None
    """None in older records"""
    equal: Equal | None = None
    """of a cell with as many images or seconds as the reference"""
    trial: Trial | None = None
    """of a cell that tries a setting"""
    seconds: float | None = 0.0
    resumed: int = 0
    exclusive: bool = False
    outcome: Outcome
    reason: str | None = None


class EvaluationRecord(Record):
    """evaluation.json: every score of a training cell, by part and name; null with a note where there is none."""

    protocol: str
    cell: CellName
    outcome: Outcome
    reason: str | None = None
    split_hash: str
    validation: dict[str, float | None] = {}
    test: dict[str, float | None] = {}
    notes: dict[str, str] = {}
    counts: dict[str, dict[str, int]] = {}
    curves: dict[str, list[list[int | float]]] = {}
    se: dict[str, dict[str, float | None]] = {}
    """standard error of each score of the test part, by resampling its classes; the replicates are in resamples.npz"""


BANDS = ("many", "medium", "few")
"""groups of classes by their number of training images"""


class ShotLimits(Part):
    """Training images from which on a class counts as many, and as medium; a class with fewer counts as few."""

    many: int
    medium: int


class SplitRecord(Stored):
    """split.json, beside the arrays of split.npz."""

    PROTOCOL: ClassVar[str] = "headroom-2"

    protocol: str
    hash: str
    dataset: str
    dataset_hash: str
    settings: dict[str, Any]
    seed: int
    counts: dict[str, int]
    shots: ShotLimits
    classes: list[str]
    evaluation_hash: str | None = None
    """of all that is asked but for the closed-set probes; None in older records"""
    made: Record | None = None
    """who drew it; None in older records"""
