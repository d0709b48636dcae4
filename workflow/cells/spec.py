"""What one cell needs to know, and nothing that another cell may change: the content of `--spec`."""

import hashlib
from typing import Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, ValidationError

import heads
from workflow.cells.config import CELLS, Backbone, Config, Measure
from workflow.cells.fair_section import Space
from workflow.cells.head_row import HeadRow, Options
from workflow.cells.paths import ratio_text
from workflow.cells.problems import sentences
from workflow.cells.section import compact_json
from workflow.cells.train_section import Train
from workflow.errors import UserError

TWIN_MOMENTUM = "twin momentum"
"""what the origin of the twin's momentum is listed under, as `momentum` is the optimiser's"""

SHARED = ("margin", "m", "scale", "weight_decay")
"""constructor arguments that every head that takes them gets from the config's `loss` and `train`"""


Origin = Literal["row", "tuned"]
"""where a setting comes from that is not shared: the row of the config, or its tuning"""


CostMode = Literal["head", "end-to-end", "synthetic"]
"""what a cost cell measures: a head alone, a whole training step, or one whose labels are drawn over more classes than
the images have"""


Role = Literal["row", "images", "seconds", "trial", "tuned"]
"""what a training cell is for: a row of the config's heads; the same with as many images, or seconds, as the reference;
a setting tried in tuning it; the row with the setting that was chosen"""


class Spec(BaseModel):
    """What a stage receives as JSON on its command line."""

    model_config = ConfigDict(frozen=True, strict=True, populate_by_name=True)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The specification in the JSON `text`; UserError names what is missing or wrong in it."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            found = error.errors(include_url=False)[0]
            if found["type"] == "json_invalid":
                raise UserError(f"--spec is not valid JSON: {found['ctx']['error']}") from error
            raise UserError(f"--spec cannot be used: {'; '.join(sentences(error, cls))}") from error

    def as_json(self) -> str:
        """Compact JSON with sorted keys: the same specification is the same text, so nothing reruns for its order."""
        return compact_json(self.model_dump(mode="json"))


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
    role: Role = "row"


class Reference(BaseModel):
    """What a cell of an equal budget is held against: the row called so, and what it does in a step."""

    model_config = ConfigDict(frozen=True)

    label: str
    head: str
    options: Options
    ratio: float
    steps: int
    batch: int


class Trial(BaseModel):
    """Point number `number` of the Sobol sequence with the seed `sequence`, in `space`."""

    model_config = ConfigDict(frozen=True)

    number: int
    sequence: int
    space: Space


class RunSpec(Spec):
    """A training cell."""

    cell: CellName
    options: Options = Field(validation_alias=AliasChoices("options", "head"))
    """the head's constructor arguments but for the ratio; specifications written by hand may say `head`, as of old"""
    momentum: float | None = None
    """the row's own of the encoder's twin, where the config overrides the head's"""
    train: Train
    backbone: Backbone
    origins: dict[str, Origin] = Field(default_factory=dict)
    """of options, momentum and keys of `train` those that the config's shared sections do not decide, and who does"""
    data: Options = Field(default_factory=dict)
    """the row's own keys of `data`, by which its split was made"""
    reference: Reference | None = None
    """of a cell with as many images or seconds as the reference, which decide its steps"""
    trial: Trial | None = None
    """of a cell that tries a setting"""


class CostSpec(RunSpec):
    """A cost cell: of a head alone at `classes`, or of a whole training step, at the training set's (None)."""

    measure: Measure
    classes: int | None = None

    def as_json(self) -> str:
        """The same, without what in `measure` lists cells: another one measures no cell again."""
        return compact_json(self.model_dump(mode="json", exclude={"measure": CELLS}))

    @property
    def mode(self) -> CostMode:
        """What is measured."""
        return "end-to-end" if self.classes is None else "head"


class SyntheticSpec(CostSpec):
    """A whole training step whose labels are drawn over `classes` classes, whatever the images show."""

    labels: Literal["synthetic"] = "synthetic"

    @property
    def mode(self) -> CostMode:
        return "synthetic"


class PlannedRun(BaseModel):
    """A training cell of the plan, and the folder its records are or will be in."""

    model_config = ConfigDict(frozen=True)

    label: str
    head: str
    ratio: float
    seed: int
    role: Role = "row"
    folder: str


class PlannedCost(BaseModel):
    """A cost cell of the plan, and the file its record is or will be in; `classes` is None end to end."""

    model_config = ConfigDict(frozen=True)

    label: str
    head: str
    ratio: float
    mode: CostMode
    classes: int | None = None
    record: str


def run_specs(config: Config) -> list[RunSpec]:
    """Every training cell, seed by seed."""
    return [
        run_spec(config, row, ratio, seed)
        for seed in config.seeds
        for row in config.heads
        for ratio in row.ratios or (1.0,)
    ]


def run_spec(config: Config, row: HeadRow, ratio: float, seed: int) -> RunSpec:
    """The training cell of one row of the config's heads at one of its ratios, from one seed."""
    return RunSpec(
        cell=cell_name(config, row.name, row.head, ratio, seed),
        options=head_options(config, row),
        momentum=row.momentum,
        train=Train.parse(config.train.model_dump() | row.train, "train"),
        backbone=config.backbone,
        origins=dict.fromkeys(own_settings(row), "row"),
        data=row.data,
    )


def cell_name(config: Config, label: str, head: str, ratio: float, seed: int) -> CellName:
    """What a cell of this config is called."""
    return CellName(
        profile=config.profile,
        dataset=config.data.name,
        backbone=config.backbone.name,
        label=label,
        head=head,
        ratio=float(ratio_text(ratio)),
        seed=seed,
    )


def own_settings(row: HeadRow) -> list[str]:
    """Names of what the row sets itself, sorted: options, keys of `train`, `twin momentum`."""
    return sorted([*row.options, *row.train, *([TWIN_MOMENTUM] if row.momentum is not None else [])])


def head_options(config: Config, row: HeadRow) -> Options:
    """Constructor arguments of a row's head: the shared ones that it takes, overridden by its own."""
    shared: Options = config.loss.model_dump(mode="json") | {"weight_decay": config.train.weight_decay}
    taken = heads.options(row.head)
    return {name: shared[name] for name in SHARED if name in taken} | row.options


def fingerprint(*content: BaseModel | JsonValue) -> str:
    """Eight hexadecimal digits that name what `content` says."""
    plain = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in content]
    return hashlib.sha256(compact_json(plain).encode()).hexdigest()[:8]
