"""What one cell needs to know, and nothing that another cell may change: the content of `--spec`."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from workflow.cells.config import Backbone, Measure, Train


class CellName(BaseModel):
    """Which cell it is; `label` is what the row of the config is called, `head` the file in heads/."""

    model_config = ConfigDict(frozen=True)

    profile: str
    dataset: str
    backbone: str
    label: str
    head: str
    ratio: float
    seed: int


class RunSpec(BaseModel):
    """A training cell. `options` are the head's constructor arguments but for the ratio; `momentum` is the row's own
    for the encoder's twin, where the config overrides the head's."""

    model_config = ConfigDict(frozen=True)

    cell: CellName
    options: dict[str, Any]
    momentum: float | None = None
    train: Train
    backbone: Backbone


class CostSpec(RunSpec):
    """A cost cell: of a head alone at `classes`, or of a whole training step, at the training set's (None)."""

    measure: Measure
    classes: int | None = None


class PlannedRun(BaseModel):
    """A training cell of the plan, and the folder its records are or will be in."""

    model_config = ConfigDict(frozen=True)

    label: str
    head: str
    ratio: float
    seed: int
    folder: str


class PlannedCost(BaseModel):
    """A cost cell of the plan, and the file its record is or will be in; `classes` is None end to end."""

    model_config = ConfigDict(frozen=True)

    label: str
    head: str
    ratio: float
    mode: str
    classes: int | None = None
    record: str
