"""The config as types: every key with its default, its limits and one line on what it does.

Frozen pydantic models named as the config's sections, with fields named as its keys. Needs neither torch nor the heads'
code, so that a login node can plan a run.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Ratio = Annotated[float, Field(gt=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Section(BaseModel):
    """A part of the config: what it does not name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Pareto(Section):
    head: Annotated[float, Field(gt=0, le=1)] = 0.15
    exponent: Positive = 1.3


class Shots(Section):
    many: Annotated[int, Field(ge=2)] | None = None
    medium: Annotated[int, Field(ge=2)] | None = None


class OpenSet(Section):
    validation: Annotated[int, Field(ge=2)] | None = None
    test: Annotated[int, Field(ge=2)] | None = None


class Pairs(Section):
    validation: Annotated[int, Field(ge=10)] = 2000
    test: Annotated[int, Field(ge=10)] = 6000


class Data(Section):
    name: Name
    source: Literal["glyphs", "folder"] = "glyphs"
    tier: Literal["dejavu", "xs", "s", "m", "l"] = "s"
    path: str | None = None
    size: Annotated[int, Field(ge=8, le=512)] = 32
    colour: Literal["grey", "rgb"] = "grey"
    skip_unreadable: bool = False
    faces_needed: Annotated[float, Field(ge=0, le=1)] = 0.7
    characters: Annotated[int, Field(ge=2)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    classes: Annotated[int, Field(ge=2)] | None = None
    min_images: Count | None = None
    tail: Literal["pareto", "flat", "natural"] | None = None
    n_max: Count | None = None
    pareto: Pareto = Pareto()
    shots: Shots = Shots()
    open_set: OpenSet = OpenSet()
    distractors: Annotated[int, Field(ge=0)] | None = None
    pairs: Pairs = Pairs()
    probes: Count = 1
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    hold_out: Annotated[float, Field(gt=0, lt=1)] = 0.2


class Backbone(Section):
    name: str = "small"
    dim: Annotated[int, Field(ge=2)] = 128
    width: Annotated[int, Field(ge=8, multiple_of=4)] | None = None


class HeadRow(Section):
    head: str
    label: Name | None = None
    ratios: tuple[Ratio, ...] | None = None
    momentum: Annotated[float, Field(ge=0, lt=1)] | None = None
    options: dict[str, Any] = {}


class Loss(Section):
    margin: str = "cosface"
    m: float | tuple[float, float, float] = 0.3
    scale: Positive = 32


class Train(Section):
    steps: Count = 600
    batch: Annotated[int, Field(ge=2)] = 256
    lr: Positive = 0.1
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: NotNegative = 0.0005
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    schedule: Literal["cosine", "polynomial", "step"] = "cosine"
    power: Positive = 2
    milestones: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.5, 0.75, 0.9)
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    margin_ramp: Annotated[float, Field(ge=0, le=1)] = 0.25
    clip: NotNegative = 5
    augment: Literal["none", "low", "mid"] = "low"
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    accumulate: Count = 1
    device: str = "auto"
    threads: Count = 1
    processes: Count = 1
    curve_points: Count = 4
    log_every: Count = 20
    checkpoint_every: Positive = 30


class Measure(Section):
    classes: tuple[Annotated[int, Field(ge=2)], ...] = (10000, 100000)
    batch: Annotated[int, Field(ge=4)] = 256
    warmup: Count = 3
    fill_limit: Annotated[int, Field(ge=0)] = 200
    steps: Annotated[int, Field(ge=3)] = 10
    seconds: Positive = 4
    parts_steps: Count = 5
    power_seconds: NotNegative = 2
    threads: Count = 1
    device: str = "auto"


class Evaluate(Section):
    distractors: tuple[Count, ...] = (1000, 10000)


class Config(Section):
    profile: Name
    data: Data
    backbone: Backbone = Backbone()
    heads: Annotated[tuple[HeadRow, ...], Field(min_length=1)]
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)] = (0, 1)
    loss: Loss = Loss()
    train: Train = Train()
    measure: Measure = Measure()
    evaluate: Evaluate = Evaluate()
